#include "app/child_process.hpp"

#include "runtime/log.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

extern char** environ;

namespace carrel {

namespace {

constexpr std::chrono::seconds early{3};

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

}  // namespace

ChildProcess::ChildProcess(std::string name, std::vector<std::string> arguments,
                           std::map<std::string, std::string> secrets)
    : name_(std::move(name)), arguments_(std::move(arguments)), secrets_(std::move(secrets)) {}

Result<> ChildProcess::start() {
    std::vector<std::string> arguments{"carrel", name_};
    arguments.insert(arguments.end(), arguments_.begin(), arguments_.end());
    std::vector<std::string> environment;
    for (char** variable = environ; *variable != nullptr; ++variable)
        environment.emplace_back(*variable);
    for (auto const& [key, value] : secrets_) environment.push_back(key + "=" + value);
    auto argv = pointers(arguments);
    auto envp = pointers(environment);

    pid_t const parent = ::getpid();
    pid_t const child = ::fork();
    if (child < 0) return fail_errno("start {}", name_);
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::setsid();
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        // The supervisor may have died before that call.
        if (::getppid() != parent) ::_exit(1);
        ::execve("/proc/self/exe", argv.data(), envp.data());
        ::_exit(127);
    }
    process_ = child;
    started_ = std::chrono::steady_clock::now();
    log::debug("process_started", {{"name", name_}, {"pid", child}});
    return {};
}

bool ChildProcess::note_end(pid_t process, int status) {
    if (process != process_) return false;
    process_ = 0;
    bool const soon = std::chrono::steady_clock::now() - started_ < early;
    early_deaths_ = soon ? early_deaths_ + 1 : 0;
    log::debug("process_ended",
               {{"name", name_},
                {"pid", process},
                {"how", WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                            : fmt::format("status {}", WEXITSTATUS(status))}});
    return true;
}

void ChildProcess::signal(int number) const {
    if (process_ > 0) ::kill(process_, number);
}

}  // namespace carrel
