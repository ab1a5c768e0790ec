#pragma once

/// The proxy as the supervisor keeps it: its listening sockets, which stay open whatever happens to
/// the process, the process that serves, the one that is to take over from it, and those that have
/// handed over and still finish what could not travel. Confined to the supervisor's one thread.

#include "app/child_process.hpp"
#include "app/supervisor.hpp"
#include "proxy/data_plane/listener.hpp"

#include <memory>
#include <vector>

namespace carrel {

class SupervisedProxy {
public:
    /// Opens the public port and the socket of the REST API. Conflict: one of them is taken.
    [[nodiscard]] static Result<std::unique_ptr<SupervisedProxy>> create(Supervised const& what);

    Result<> start();
    bool note_end(pid_t process, int status);

    /// Starts `program`, which is to take over from the process that runs; when none does, it is
    /// what is started next. What becomes of it is seen by `attend`. Not while another upgrade is
    /// under way. The error is why it could not be started.
    [[nodiscard]] Result<> begin_upgrade(std::string const& program);

    enum class Upgrade { None, UnderWay, Done, Failed };
    /// Looks how an upgrade goes; Done and Failed are said once.
    [[nodiscard]] Upgrade attend();

    [[nodiscard]] bool upgrading() const { return !next_program_.empty(); }
    [[nodiscard]] bool running() const { return current_->running(); }
    [[nodiscard]] ChildProcess const& current() const { return *current_; }
    /// No process is left, the leaving ones included.
    [[nodiscard]] bool all_ended() const;
    /// To all processes.
    void signal(int number) const;
    void reload() const;

private:
    explicit SupervisedProxy(ChildPlan plan) : plan_(std::move(plan)) {}

    ChildPlan plan_;
    std::vector<proxy::Socket> sockets_;
    std::string program_ = "/proc/self/exe";  ///< which runs, and is started again when it dies
    std::string next_program_;                ///< "" when there is no upgrade
    std::unique_ptr<ChildProcess> current_;
    std::unique_ptr<ChildProcess> next_;
    std::vector<std::unique_ptr<ChildProcess>> leaving_;
};

}  // namespace carrel
