#pragma once

/// Control as the supervisor keeps it: its listening socket, in which requests wait while there is
/// no process to take them, and the process. Confined to the supervisor's one thread.

#include "app/child_process.hpp"
#include "app/supervisor.hpp"
#include "proxy/data_plane/socket.hpp"
#include "runtime/deadline.hpp"

#include <memory>

namespace carrel {

class SupervisedControl {
public:
    [[nodiscard]] static Result<std::unique_ptr<SupervisedControl>> create(Supervised const& what);

    Result<> start() { return child_.start(program_); }
    bool note_end(pid_t process, int status) { return child_.note_end(process, status); }

    /// Asks the process to end, so that one of `program` comes next. Servers run on.
    void begin_upgrade(std::string const& program);
    enum class Upgrade { None, UnderWay, Done, Failed };
    /// Looks how an upgrade goes; Done and Failed are said once. After Failed it is the former
    /// program again that is started.
    [[nodiscard]] Upgrade attend();
    [[nodiscard]] bool upgrading() const { return upgrading_; }

    /// While the process dies again and again, nobody is left to wait in the socket in vain: the
    /// proxy then says at once that Carrel is restarting.
    void turn_away() const;

    [[nodiscard]] bool is_ready() { return child_.is_ready(); }
    [[nodiscard]] ChildProcess const& child() const { return child_; }

private:
    SupervisedControl(ChildPlan plan, proxy::Socket socket)
        : socket_(std::move(socket)), child_(std::move(plan)) {}

    proxy::Socket socket_;
    std::string program_ = "/proc/self/exe";  ///< which is started
    std::string former_program_;
    bool upgrading_ = false;
    pid_t former_ = 0;  ///< the process that an upgrade replaces
    Deadline patience_ = Deadline::after(Milliseconds(0));  ///< for its end
    ChildProcess child_;
};

}  // namespace carrel
