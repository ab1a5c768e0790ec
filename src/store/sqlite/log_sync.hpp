#pragma once

/// Brings the database's write-ahead log to the disk, for many writers with one call.
///
/// SQLite itself would do it inside each commit, one writer after the other. Here a writer commits,
/// takes a ticket while it still holds the right to write, and waits for its ticket afterwards:
/// whoever waits first syncs for all that have committed by then, and those who come meanwhile
/// share the next sync. SQLite's own syncs around a checkpoint stay.
///
/// A sync that fails is never tried again: the kernel may have dropped what it could not write and
/// would call the next one a success. From then on every wait fails, and so must every write.
///
/// Thread-safe. Owned by the store.

#include "base/result.hpp"

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>

namespace carrel {

class LogSync {
public:
    /// Returns 0, or the error number.
    using Sync = std::function<int()>;

    explicit LogSync(Sync sync) : sync_(std::move(sync)) {}
    LogSync(LogSync const&) = delete;
    LogSync& operator=(LogSync const&) = delete;

    /// For the log of the database `file`, which is open.
    [[nodiscard]] static Result<std::unique_ptr<LogSync>> of_database(
        std::filesystem::path const& file);

    using Ticket = uint64_t;
    /// After a commit, by the one writer there is at a time.
    [[nodiscard]] Ticket committed();
    /// Returns once everything up to the ticket is on the disk. Blocks.
    /// Internal: the disk does not work.
    [[nodiscard]] Result<> wait(Ticket ticket);
    /// Internal: a sync has failed, so nothing more may be written.
    [[nodiscard]] Result<> check();

private:
    [[nodiscard]] Result<> check_failure() const;
    void sync_for_all(std::unique_lock<std::mutex>& lock);

    Sync sync_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Ticket committed_ = 0;
    Ticket on_disk_ = 0;
    bool syncing_ = false;
    int failure_ = 0;
};

}  // namespace carrel
