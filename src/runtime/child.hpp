#pragma once

/// What lies between fork and exec. Private to runtime/subprocess.cpp.
///
/// After fork in a process with threads, the child may call async-signal-safe functions alone (no
/// memory, no locks). So everything is prepared before, and `become` only makes system calls.

#include "runtime/subprocess.hpp"

#include <unistd.h>

#include <span>
#include <utility>

namespace carrel {

/// Owns a file descriptor.
class UniqueFd {
public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        close();
        fd_ = std::exchange(other.fd_, -1);
        return *this;
    }
    ~UniqueFd() { close(); }

    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    [[nodiscard]] int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

struct Pipe {
    UniqueFd reader;
    UniqueFd writer;
};
[[nodiscard]] Result<Pipe> make_pipe();

/// Opens `path` for a child to append to, created with mode 0600.
[[nodiscard]] Result<UniqueFd> open_for_append(std::filesystem::path const& path);

/// What the child says through the report pipe: its process id first, then why it could not start.
/// The pipe closes by itself at exec.
struct ChildReport {
    enum Stage : int { Started, Files, Folder, Exec };
    Stage stage = Started;
    pid_t process = 0;
    int error = 0;
};

enum class ChildGroup { OwnGroup, OwnSession };

class Launch {
public:
    /// `command` must outlive the Launch. `files`: number in the child → open file here; 0 to 2
    /// included. NotFound: there is no such program.
    [[nodiscard]] static Result<Launch> prepare(Command const& command, ChildGroup group,
                                                std::map<int, UniqueFd> files, UniqueFd report);

    /// In the child: turns into the program. Returns never.
    [[noreturn]] void become() const noexcept;

private:
    Launch() = default;
    void report(ChildReport::Stage stage, int error) const noexcept;
    [[nodiscard]] bool place_files() const noexcept;

    ChildGroup group_ = ChildGroup::OwnGroup;
    std::string program_;
    std::string folder_;
    std::vector<std::string> settings_;  // "NAME=value", which environment_ points into
    std::vector<char*> arguments_;
    std::vector<char*> environment_;
    std::vector<std::pair<UniqueFd, int>> files_;  // open file, and its number in the child
    UniqueFd report_;
};

/// Reads the child's reports until it has become the program. The error names the stage.
[[nodiscard]] Result<pid_t> await_start(UniqueFd const& reports, Command const& command);

}  // namespace carrel
