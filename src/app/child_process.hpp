#pragma once

/// A child of the supervisor: this same program with another command.

#include "base/clock.hpp"
#include "base/result.hpp"

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace carrel {

/// How a child is started, each time.
struct ChildPlan {
    std::string name;     ///< also the command
    std::string program;  ///< what it is called by, though another file may be started
    std::vector<std::string> arguments;
    std::map<std::string, std::string> secrets;  ///< for its environment
    std::vector<int> descriptors;                ///< stay open in it, under the same numbers
    /// It takes --ready-fd, and says there when it is at work.
    bool says_when_ready = false;
};

class ChildProcess {
public:
    explicit ChildProcess(ChildPlan plan) : plan_(std::move(plan)) {}
    ~ChildProcess();
    ChildProcess(ChildProcess const&) = delete;
    ChildProcess& operator=(ChildProcess const&) = delete;

    /// Starts `program` in a session of its own, so that Ctrl-C reaches the supervisor alone. The
    /// kernel ends it (SIGTERM) when the supervisor dies. `more` is added to its arguments.
    Result<> start(std::string const& program, std::vector<std::string> const& more = {});

    /// Tells that `process` has ended. True when it was this one.
    bool note_end(pid_t process, int status);

    void signal(int number) const;

    [[nodiscard]] bool running() const { return process_ > 0; }
    /// It has said that it is at work.
    [[nodiscard]] bool is_ready();
    [[nodiscard]] pid_t process() const { return process_; }
    [[nodiscard]] std::string const& name() const { return plan_.name; }
    /// How often in a row it died before it was at work: before it said so, or within seconds.
    [[nodiscard]] int early_deaths() const { return early_deaths_; }
    /// It ended by itself, with an error: it has said why, and would again.
    [[nodiscard]] bool gave_up() const { return gave_up_; }
    /// How long to wait before it is started again: nothing at first, then longer and longer.
    [[nodiscard]] Milliseconds pause() const;

private:
    void close_pipe();

    ChildPlan plan_;
    pid_t process_ = 0;
    int ready_pipe_ = -1;
    bool ready_ = false;
    int early_deaths_ = 0;
    bool gave_up_ = false;
    std::chrono::steady_clock::time_point started_;
    std::chrono::steady_clock::time_point ended_;
};

}  // namespace carrel
