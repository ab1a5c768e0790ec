#pragma once

/// A child of the supervisor: this same program with another command.

#include "base/result.hpp"

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace carrel {

class ChildProcess {
public:
    ChildProcess(std::string name, std::vector<std::string> arguments,
                 std::map<std::string, std::string> secrets);

    /// Starts it in a session of its own, so that Ctrl-C reaches the supervisor alone. The kernel
    /// ends it (SIGTERM) when the supervisor dies.
    Result<> start();

    /// Tells that `process` has ended. True when it was this one.
    bool note_end(pid_t process, int status);

    void signal(int number) const;

    [[nodiscard]] bool running() const { return process_ > 0; }
    [[nodiscard]] std::string const& name() const { return name_; }
    /// How often in a row it died within seconds of its start.
    [[nodiscard]] int early_deaths() const { return early_deaths_; }

private:
    std::string name_;
    std::vector<std::string> arguments_;
    std::map<std::string, std::string> secrets_;
    pid_t process_ = 0;
    int early_deaths_ = 0;
    std::chrono::steady_clock::time_point started_;
};

}  // namespace carrel
