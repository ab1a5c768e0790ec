#include "app/child_process.hpp"

#include "runtime/log.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>

extern char** environ;

namespace carrel {

namespace {

constexpr std::chrono::seconds early{3};
constexpr Milliseconds first_pause{300};
constexpr Milliseconds longest_pause{5'000};

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

}  // namespace

ChildProcess::~ChildProcess() { close_pipe(); }

Result<> ChildProcess::start(std::string const& program, std::vector<std::string> const& more) {
    std::array<int, 2> pipe = {-1, -1};
    if (plan_.says_when_ready && ::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        return fail_errno("start {}", plan_.name);
    std::vector<std::string> arguments{plan_.program, plan_.name};
    arguments.insert(arguments.end(), plan_.arguments.begin(), plan_.arguments.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    if (plan_.says_when_ready)
        arguments.insert(arguments.end(), {"--ready-fd", std::to_string(pipe[1])});
    std::vector<std::string> environment;
    for (char** variable = environ; *variable != nullptr; ++variable)
        environment.emplace_back(*variable);
    for (auto const& [key, value] : plan_.secrets) environment.push_back(key + "=" + value);
    auto argv = pointers(arguments);
    auto envp = pointers(environment);
    auto kept = plan_.descriptors;
    if (plan_.says_when_ready) kept.push_back(pipe[1]);

    pid_t const parent = ::getpid();
    pid_t const child = ::fork();
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::setsid();
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        // The supervisor may have died before that call.
        if (::getppid() != parent) ::_exit(1);
        for (int const descriptor : kept) ::fcntl(descriptor, F_SETFD, 0);
        ::execve(program.c_str(), argv.data(), envp.data());
        ::_exit(127);
    }
    int const number = errno;
    if (pipe[1] >= 0) ::close(pipe[1]);
    close_pipe();
    ready_pipe_ = pipe[0];
    errno = number;
    started_ = ended_ = std::chrono::steady_clock::now();
    if (child < 0) {
        ++early_deaths_;
        return fail_errno("start {}", plan_.name);
    }
    process_ = child;
    ready_ = false;
    log::debug("process_started", {{"name", plan_.name}, {"pid", child}});
    return {};
}

bool ChildProcess::is_ready() {
    if (ready_ || ready_pipe_ < 0) return ready_;
    char line = 0;
    if (::read(ready_pipe_, &line, 1) != 1) return false;
    close_pipe();
    return ready_ = true;
}

bool ChildProcess::note_end(pid_t process, int status) {
    if (process != process_) return false;
    ended_ = std::chrono::steady_clock::now();
    bool const soon = plan_.says_when_ready ? !is_ready() : ended_ - started_ < early;
    process_ = 0;
    early_deaths_ = soon ? early_deaths_ + 1 : 0;
    gave_up_ = WIFEXITED(status) && WEXITSTATUS(status) != 0;
    log::debug("process_ended",
               {{"name", plan_.name},
                {"pid", process},
                {"how", WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                            : fmt::format("status {}", WEXITSTATUS(status))}});
    return true;
}

void ChildProcess::signal(int number) const {
    if (process_ > 0) ::kill(process_, number);
}

Milliseconds ChildProcess::pause() const {
    if (early_deaths_ == 0) return Milliseconds(0);
    auto const doublings = std::min(early_deaths_ - 1, 10);
    auto const whole = std::min(first_pause * (1 << doublings), longest_pause);
    auto const passed = std::chrono::steady_clock::now() - ended_;
    return std::max(Milliseconds(0), whole - std::chrono::duration_cast<Milliseconds>(passed));
}

void ChildProcess::close_pipe() {
    if (ready_pipe_ >= 0) ::close(ready_pipe_);
    ready_pipe_ = -1;
}

}  // namespace carrel
