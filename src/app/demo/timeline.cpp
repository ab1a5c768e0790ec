#include "app/demo/timeline.hpp"

#include <cstdio>

namespace carrel {

namespace {

double as_seconds(std::chrono::steady_clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

double Timeline::seconds() const { return as_seconds(Steady::now() - begun_); }

void Timeline::chapter(std::string const& title) {
    fmt::print("\n{}\n", title);
    std::fflush(stdout);
}

void Timeline::print(std::string const& what, Steady::duration took, Error const* error) const {
    fmt::print("  {:6.1f} s  {} {:<66} {:7.0f} ms\n", seconds(), error == nullptr ? "ok  " : "FAIL",
               what, as_seconds(took) * 1000);
    if (error != nullptr) fmt::print("            {}\n", error->message);
    std::fflush(stdout);
}

}  // namespace carrel
