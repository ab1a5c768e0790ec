#include "runtime/child.hpp"

#include "base/text.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstdlib>

namespace carrel {

namespace {

bool is_program(std::string const& path) {
    struct stat info{};
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
}

Result<std::string> find_program(Command const& command) {
    auto const& name = command.arguments.front();
    if (name.find('/') != std::string::npos) return name;
    auto const given = command.environment.find("PATH");
    char const* const own = std::getenv("PATH");
    std::string const path = given != command.environment.end() ? given->second
                             : own != nullptr                   ? own
                                                                : "/usr/local/bin:/usr/bin:/bin";
    for (auto const folder : split(path, ':')) {
        auto candidate = fmt::format("{}/{}", folder, name);
        if (!folder.empty() && is_program(candidate)) return candidate;
    }
    return fail(Code::NotFound, "run {}: no such program in PATH", name);
}

bool has_nul(std::string const& text) { return text.find('\0') != std::string::npos; }

}  // namespace

Result<Pipe> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe");
    return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Result<UniqueFd> open_for_append(std::filesystem::path const& path) {
    int const fd =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return fail_errno("open {}", path.string());
    return UniqueFd(fd);
}

Result<Launch> Launch::prepare(Command const& command, ChildGroup group,
                               std::map<int, UniqueFd> files, UniqueFd report) {
    if (command.arguments.empty() || std::ranges::any_of(command.arguments, has_nul))
        return fail(Code::InvalidArgument, "run a program: wrong arguments");
    Launch launch;
    launch.group_ = group;
    TRY(launch.program_, find_program(command));
    launch.folder_ = command.folder.string();
    // execve takes pointers to char but changes nothing.
    for (auto const& argument : command.arguments)
        launch.arguments_.push_back(const_cast<char*>(argument.c_str()));
    launch.arguments_.push_back(nullptr);
    for (auto const& [name, value] : command.environment) {
        if (name.empty() || name.find('=') != std::string::npos || has_nul(name) || has_nul(value))
            return fail(Code::InvalidArgument, "run {}: wrong environment", launch.program_);
        launch.settings_.push_back(fmt::format("{}={}", name, value));
    }
    for (auto& setting : launch.settings_) launch.environment_.push_back(setting.data());
    launch.environment_.push_back(nullptr);

    // All sources go above every number wanted, so that placing one never overwrites another.
    int const above = std::max(files.empty() ? 0 : files.rbegin()->first, 63) + 1;
    auto const lift = [&](UniqueFd const& fd) {
        return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, above));
    };
    for (auto const& [number, file] : files) {
        launch.files_.emplace_back(lift(file), number);
        if (!launch.files_.back().first) return fail_errno("run {}", launch.program_);
    }
    launch.report_ = lift(report);
    if (!launch.report_) return fail_errno("run {}", launch.program_);
    return launch;
}

void Launch::report(ChildReport::Stage stage, int error) const noexcept {
    ChildReport const message{stage, ::getpid(), error};
    // Smaller than PIPE_BUF, so it goes whole or not at all; a parent that died needs no report.
    (void)!::write(report_.get(), &message, sizeof message);
}

bool Launch::place_files() const noexcept {
    // Close-on-exec for all first; dup2 then clears it for those that are meant to pass.
    if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
        for (int fd = 3; fd < 65536; ++fd) (void)::fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    for (auto const& [file, number] : files_)
        if (::dup2(file.get(), number) < 0) return false;
    return true;
}

void Launch::become() const noexcept {
    if (group_ == ChildGroup::OwnSession)
        ::setsid();
    else
        ::setpgid(0, 0);
    report(ChildReport::Started, 0);
    // What we ignore or block would stay so across exec.
    for (int number = 1; number < 32; ++number) (void)::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (!place_files()) {
        report(ChildReport::Files, errno);
    } else if (::chdir(folder_.c_str()) != 0) {
        report(ChildReport::Folder, errno);
    } else {
        ::execve(program_.c_str(), arguments_.data(), environment_.data());
        report(ChildReport::Exec, errno);
    }
    ::_exit(127);
}

Result<pid_t> await_start(UniqueFd const& reports, Command const& command) {
    pid_t process = 0;
    for (;;) {
        ChildReport message;
        auto const count = ::read(reports.get(), &message, sizeof message);
        if (count < 0 && errno == EINTR) continue;
        if (count != static_cast<ssize_t>(sizeof message)) break;
        process = message.process;
        if (message.stage == ChildReport::Started) continue;
        auto const& name = command.arguments.front();
        auto const cause = describe_errno(message.error);
        auto const code = code_of_errno(message.error);
        if (message.stage == ChildReport::Folder)
            return fail(code, "run {}: enter {}: {}", name, command.folder.string(), cause);
        return fail(code, "run {}: {}", name, cause);
    }
    if (process == 0) return fail(Code::Internal, "run {}: it never started", command.arguments[0]);
    return process;
}

}  // namespace carrel
