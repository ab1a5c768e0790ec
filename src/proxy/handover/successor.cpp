#include "proxy/handover/successor.hpp"

#include "base/result.hpp"
#include "runtime/log.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>

extern char** environ;

namespace carrel::proxy {

namespace {

/// Descriptors that were given to us are ours alone: the successor gets its own through the socket.
bool is_for_us_alone(std::string_view argument) {
    return argument.starts_with("--listen-fd") || argument.starts_with("--ready-fd");
}

/// How this process was called, up to where `arguments` begin: "carrel proxy", or a name that says
/// it all.
std::vector<std::string> name_of_command(size_t arguments) {
    std::vector<std::string> words;
    std::ifstream command_line("/proc/self/cmdline");
    for (std::string word; std::getline(command_line, word, '\0');) words.push_back(word);
    words.resize(words.size() - std::min(arguments, words.size()));
    return words;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

}  // namespace

Successor::Successor(std::filesystem::path program, std::vector<std::string> arguments)
    : program_(std::move(program)), command_(name_of_command(arguments.size())) {
    for (size_t i = 0; i < arguments.size(); ++i) {
        auto const& argument = arguments[i];
        possible_ |= argument.starts_with("--handover-socket");
        if (argument == "--listen-fd" || argument == "--ready-fd") {
            ++i;  // its value is the next word
        } else if (!is_for_us_alone(argument) && argument != "--take-over") {
            command_.push_back(argument);
        }
    }
    command_.emplace_back("--take-over");
}

void Successor::start() {
    if (!possible_) {
        log::error("upgrade_impossible", {{"cause", "there is no --handover-socket"}});
        return;
    }
    if (process_ > 0) {
        log::warn("upgrade_under_way", {{"pid", process_}});
        return;
    }
    auto argv = pointers(command_);
    pid_t const child = fork();
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        execve(program_.c_str(), argv.data(), environ);
        _exit(127);
    }
    if (child < 0) {
        log::error("upgrade_failed", {{"cause", describe_errno(errno)}});
        return;
    }
    process_ = child;
    log::info("upgrade_started", {{"program", program_.string()}, {"pid", child}});
}

void Successor::reap() {
    int status = 0;
    if (process_ == 0 || waitpid(process_, &status, WNOHANG) != process_) return;
    process_ = 0;
    log::error("upgrade_failed",
               {{"program", program_.string()},
                {"cause", WIFSIGNALED(status)
                              ? fmt::format("it ended by signal {}", WTERMSIG(status))
                              : fmt::format("it ended with status {}", WEXITSTATUS(status))}});
}

}  // namespace carrel::proxy
