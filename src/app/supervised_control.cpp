#include "app/supervised_control.hpp"

#include "proxy/data_plane/listener.hpp"
#include "runtime/log.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

namespace carrel {

namespace {

/// More than answers under way and unused connections may take.
constexpr Milliseconds patience_with_the_former{30'000};
/// How often a process may die before it is at work until that is held against the program.
constexpr int most_early_deaths = 3;

}  // namespace

Result<std::unique_ptr<SupervisedControl>> SupervisedControl::create(Supervised const& what) {
    auto const path = what.folders.control_socket();
    // We hold the data folder: who still listens there is a control process that is ending.
    ::unlink(path.c_str());
    TRY(auto socket, proxy::listen_privately(path));
    ChildPlan plan{.name = "control",
                   .program = what.program,
                   .arguments = what.control_arguments,
                   .secrets = {},
                   .descriptors = {socket.descriptor()},
                   .says_when_ready = true};
    plan.arguments.insert(plan.arguments.end(),
                          {"--listen-fd", std::to_string(socket.descriptor())});
    return std::unique_ptr<SupervisedControl>(
        new SupervisedControl(std::move(plan), std::move(socket)));
}

void SupervisedControl::begin_upgrade(std::string const& program) {
    former_program_ = std::exchange(program_, program);
    former_ = child_.process();
    patience_ = Deadline::after(patience_with_the_former);
    upgrading_ = true;
    child_.signal(SIGTERM);
}

SupervisedControl::Upgrade SupervisedControl::attend() {
    if (!upgrading_) return Upgrade::None;
    if (child_.running() && child_.process() == former_) {
        // Nothing is lost with it: the next one finishes what it has begun.
        if (patience_.passed()) child_.signal(SIGKILL);
        return Upgrade::UnderWay;
    }
    if (child_.running() && child_.is_ready()) {
        upgrading_ = false;
        log::info("control_upgraded", {{"program", program_}, {"pid", child_.process()}});
        return Upgrade::Done;
    }
    if (child_.early_deaths() < most_early_deaths) return Upgrade::UnderWay;
    upgrading_ = false;
    program_ = former_program_;
    return Upgrade::Failed;
}

void SupervisedControl::turn_away() const {
    if (child_.running() || child_.early_deaths() < most_early_deaths) return;
    for (;;) {
        int const connection =
            ::accept4(socket_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (connection < 0) return;
        ::close(connection);
    }
}

}  // namespace carrel
