#include "store/sqlite/log_sync.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace carrel {

namespace {

class Log {
public:
    explicit Log(int descriptor) : descriptor_(descriptor) {}
    ~Log() { ::close(descriptor_); }
    Log(Log const&) = delete;
    Log& operator=(Log const&) = delete;

    [[nodiscard]] int sync() const {
        while (::fdatasync(descriptor_) != 0)
            if (errno != EINTR) return errno;
        return 0;
    }

private:
    int descriptor_;
};

/// That the log is in its folder has to outlive the machine, too.
Result<> sync_folder(std::filesystem::path const& folder) {
    auto const descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return fail_errno("open {}", folder.string());
    Log const opened(descriptor);
    if (auto const failure = opened.sync(); failure != 0)
        return fail(Code::Internal, "sync {}: {}", folder.string(), describe_errno(failure));
    return {};
}

}  // namespace

Result<std::unique_ptr<LogSync>> LogSync::of_database(std::filesystem::path const& file) {
    // Closing a descriptor of the log drops no locks: SQLite's are on the other two files. While
    // a connection is open, the log is neither removed nor replaced.
    auto const name = file.string() + "-wal";
    auto const descriptor = ::open(name.c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return fail_errno("open {}", name);
    auto const log = std::make_shared<Log>(descriptor);
    TRY_VOID(sync_folder(file.has_parent_path() ? file.parent_path() : "."));
    auto sync = std::make_unique<LogSync>([log] { return log->sync(); });
    // What a killed process has committed is about to be read, and acted on.
    TRY_VOID(sync->wait(sync->committed()));
    return sync;
}

LogSync::Ticket LogSync::committed() {
    std::scoped_lock const lock(mutex_);
    return ++committed_;
}

Result<> LogSync::wait(Ticket ticket) {
    std::unique_lock lock(mutex_);
    while (on_disk_ < ticket) {
        TRY_VOID(check_failure());
        if (syncing_)
            changed_.wait(lock);
        else
            sync_for_all(lock);
    }
    return {};
}

void LogSync::sync_for_all(std::unique_lock<std::mutex>& lock) {
    auto const covered = committed_;
    syncing_ = true;
    lock.unlock();
    auto const failure = sync_();
    lock.lock();
    syncing_ = false;
    if (failure == 0)
        on_disk_ = covered;
    else
        failure_ = failure;
    changed_.notify_all();
}

Result<> LogSync::check() {
    std::scoped_lock const lock(mutex_);
    return check_failure();
}

Result<> LogSync::check_failure() const {
    if (failure_ == 0) return {};
    return fail(Code::Internal,
                "the disk of the database does not work: {}; nothing more is written until Carrel "
                "is started again",
                describe_errno(failure_));
}

}  // namespace carrel
