#pragma once

/// Prints the steps of the demo as they happen, with how long each took.

#include "base/result.hpp"

#include <chrono>
#include <string>

namespace carrel {

class Timeline {
public:
    /// A headline for the steps that follow.
    void chapter(std::string const& title);

    /// Does a step and prints it with its duration; a failed one with its error, which is returned.
    template <class Step>
    auto step(std::string const& what, Step&& act) -> decltype(act()) {
        auto const begun = Steady::now();
        auto outcome = act();
        print(what, Steady::now() - begun, outcome ? nullptr : &outcome.error());
        return outcome;
    }

    /// How long everything has taken so far.
    [[nodiscard]] double seconds() const;

private:
    using Steady = std::chrono::steady_clock;
    void print(std::string const& what, Steady::duration took, Error const* error) const;

    Steady::time_point begun_ = Steady::now();
};

}  // namespace carrel
