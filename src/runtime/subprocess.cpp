#include "runtime/subprocess.hpp"

#include "base/text.hpp"
#include "runtime/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

namespace carrel {

namespace {

constexpr size_t most_output = 1024UL * 1024UL;

/// Ignores SIGPIPE for this thread while it writes to a child that may not read.
ssize_t write_quietly(int fd, std::string_view data) {
    sigset_t pipe_signal;
    sigset_t before;
    ::sigemptyset(&pipe_signal);
    ::sigaddset(&pipe_signal, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    auto const count = ::write(fd, data.data(), data.size());
    auto const error = errno;
    if (count < 0 && error == EPIPE) {
        timespec const at_once{};
        (void)::sigtimedwait(&pipe_signal, nullptr, &at_once);
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return count;
}

Result<UniqueFd> nothing_to_read() {
    int const fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno("open /dev/null");
    return UniqueFd(fd);
}

/// A child that runs, with our ends of its pipes.
class Running {
public:
    Running(pid_t pid, UniqueFd input, UniqueFd output, UniqueFd errors)
        : pid_(pid),
          handle_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
          input_(std::move(input)),
          output_(std::move(output)),
          errors_(std::move(errors)) {
        for (auto const* end : {&input_, &output_, &errors_})
            if (*end) (void)::fcntl(end->get(), F_SETFL, O_NONBLOCK);
    }
    Running(Running const&) = delete;
    Running& operator=(Running const&) = delete;
    ~Running() {
        if (!reaped_) (void)reap();
    }

    Result<Completed> finish(std::string_view input, int cancel, Deadline deadline) {
        while (!has_ended()) {
            if (deadline.passed()) return fail(Code::Timeout, "it was killed at its deadline");
            if (input.empty()) input_.close();
            std::array<pollfd, 5> waits{{{input_.get(), POLLOUT, 0},
                                         {output_.get(), POLLIN, 0},
                                         {errors_.get(), POLLIN, 0},
                                         {handle_.get(), POLLIN, 0},
                                         {cancel, POLLIN, 0}}};
            // Without a pidfd (old kernels) the end of the child is looked for now and then.
            auto const most = handle_ ? 60'000LL : 20LL;
            auto const left = std::min<long long>(deadline.left().count() + 1, most);
            if (::poll(waits.data(), waits.size(), static_cast<int>(left)) < 0 && errno != EINTR)
                return fail_errno("wait for it");
            if (waits[4].revents != 0) return fail(Code::Cancelled, "it was told to end");
            if (waits[0].revents != 0) feed(input);
            if (waits[1].revents != 0) (void)drain(output_, completed_.output);
            if (waits[2].revents != 0) (void)drain(errors_, completed_.errors);
        }
        // Only what the child itself wrote: something it left behind may hold the pipe for ever.
        completed_.exit_code = reap();
        while (drain(output_, completed_.output)) {
        }
        while (drain(errors_, completed_.errors)) {
        }
        return std::move(completed_);
    }

private:
    [[nodiscard]] bool has_ended() const {
        siginfo_t info{};
        return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
               info.si_pid == pid_;
    }

    void feed(std::string_view& input) {
        auto const count = write_quietly(input_.get(), input);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count > 0) input.remove_prefix(static_cast<size_t>(count));
        // A program need not read its input: a broken pipe is no failure.
        if (count < 0 || input.empty()) {
            input = {};
            input_.close();
        }
    }

    /// True while there may be more at once.
    static bool drain(UniqueFd& from, std::string& into) {
        if (!from) return false;
        std::array<char, 65536> piece{};
        auto const count = ::read(from.get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) return true;
        if (count < 0 && errno == EAGAIN) return false;
        if (count <= 0) {
            from.close();
            return false;
        }
        auto const room = most_output - std::min(most_output, into.size());
        into.append(piece.data(), std::min(static_cast<size_t>(count), room));
        return true;
    }

    /// Kills the whole group while its number is still ours, then collects the child.
    int reap() {
        (void)::kill(-pid_, SIGKILL);
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        reaped_ = true;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }

    pid_t pid_;
    UniqueFd handle_;  // pidfd: readable once the child has ended
    UniqueFd input_;
    UniqueFd output_;
    UniqueFd errors_;
    Completed completed_;
    bool reaped_ = false;
};

void collect(pid_t child) {
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
}

/// The file that gives `input` to a child that nobody will feed later.
Result<UniqueFd> prepared_input(std::string_view input) {
    if (input.empty()) return nothing_to_read();
    TRY(auto pipe, make_pipe());
    (void)::fcntl(pipe.writer.get(), F_SETFL, O_NONBLOCK);
    if (write_quietly(pipe.writer.get(), input) != static_cast<ssize_t>(input.size()))
        return fail(Code::LimitReached, "the input of a detached program is too long");
    return std::move(pipe.reader);
}

}  // namespace

Result<Completed> run(Command const& command, Deadline deadline) {
    TRY(auto reports, make_pipe());
    TRY(auto input, make_pipe());
    TRY(auto output, make_pipe());
    TRY(auto errors, make_pipe());
    std::map<int, UniqueFd> files;
    files.emplace(0, std::move(input.reader));
    files.emplace(1, std::move(output.writer));
    files.emplace(2, std::move(errors.writer));
    pid_t child = -1;
    {
        TRY(auto const launch, Launch::prepare(command, ChildGroup::OwnGroup, std::move(files),
                                               std::move(reports.writer)));
        child = ::fork();
        if (child == 0) launch.become();
        if (child < 0) return fail_errno("run {}", command.arguments.front());
    }  // our copies of the child's ends are closed, or we would never see their end
    if (auto const started = await_start(reports.reader, command); !started) {
        collect(child);
        return std::unexpected(started.error());
    }
    Running running(child, std::move(input.writer), std::move(output.reader),
                    std::move(errors.reader));
    auto completed = running.finish(command.input, command.cancel, deadline);
    if (!completed)
        return std::unexpected(
            completed.error().wrapped(fmt::format("run {}", command.arguments.front())));
    return completed;
}

namespace {

/// The open files of a program that nobody will feed later.
Result<std::map<int, UniqueFd>> open_files(DetachedCommand const& detached) {
    std::map<int, UniqueFd> files;
    TRY(files[0], prepared_input(detached.command.input));
    TRY(files[1], open_for_append(detached.log));
    TRY(files[2], open_for_append(detached.log));
    for (auto const& [number, path] : detached.files) {
        if (number < 3) return fail(Code::InvalidArgument, "file numbers start at 3");
        TRY(files[number], open_for_append(path));
    }
    return files;
}

}  // namespace

Result<pid_t> start_detached(DetachedCommand const& detached) {
    auto const& command = detached.command;
    TRY(auto reports, make_pipe());
    TRY(auto files, open_files(detached));
    pid_t middle = -1;
    {
        TRY(auto const launch, Launch::prepare(command, ChildGroup::OwnSession, std::move(files),
                                               std::move(reports.writer)));
        middle = ::fork();
        if (middle == 0) {
            // The one between ends at once, which hands its child to the nearest subreaper.
            pid_t const child = ::fork();
            if (child == 0) launch.become();
            ::_exit(child < 0 ? 1 : 0);
        }
        if (middle < 0) return fail_errno("run {}", command.arguments.front());
    }
    collect(middle);
    return await_start(reports.reader, command);
}

Result<pid_t> start_child(DetachedCommand const& detached) {
    auto const& command = detached.command;
    TRY(auto reports, make_pipe());
    TRY(auto files, open_files(detached));
    pid_t child = -1;
    {
        TRY(auto const launch, Launch::prepare(command, ChildGroup::OwnSession, std::move(files),
                                               std::move(reports.writer)));
        child = ::fork();
        if (child == 0) launch.become();
        if (child < 0) return fail_errno("run {}", command.arguments.front());
    }
    auto started = await_start(reports.reader, command);
    if (!started) collect(child);
    return started;
}

std::optional<int> take_ending(pid_t child) {
    int status = 0;
    auto const found = ::waitpid(child, &status, WNOHANG);
    if (found == 0 || (found < 0 && errno == EINTR)) return {};
    // Somebody else has collected it; how it ended is lost.
    if (found < 0) return 127;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Result<unsigned long long> start_time_of(pid_t process) {
    std::ifstream file(fmt::format("/proc/{}/stat", process));
    std::string text;
    std::getline(file, text, '\0');
    // The second field is the program's name, which may hold anything, ")" too.
    auto const name_end = text.rfind(") ");
    if (name_end == std::string::npos)
        return fail(Code::NotFound, "there is no process {}", process);
    auto const fields = split(std::string_view(text).substr(name_end + 2), ' ');  // from field 3
    constexpr size_t start_time = 22 - 3;
    if (fields.size() <= start_time || fields[0] == "Z" || fields[0] == "X")
        return fail(Code::NotFound, "process {} has ended", process);
    auto const ticks = parse_whole(fields[start_time]);
    if (!ticks) return fail(Code::Internal, "read the start time of process {}", process);
    return static_cast<unsigned long long>(*ticks);
}

}  // namespace carrel
