#pragma once

/// Routes and revocations on disk, so that a proxy that was killed knows them again at once.
///
/// The file is a journal: each change is a record at its end, and when it has grown to several
/// times what it has to say it is written anew. Changes are handed over in memory; a thread of its
/// own writes them at most every `write_interval`, so that nobody who changes routes waits for the
/// disk. What a crash takes is at most the last interval, which the hub sends again. A revocation
/// is waited for (`flush`) before it is acknowledged: nobody may be let in by a crash.
///
/// `put`, `remove`, `add` and `flush` may be called by one thread.

#include "proxy/handover/message.hpp"

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace carrel::proxy {

struct KnownRoutes {
    std::vector<SavedRoute> routes;
    std::vector<Revocation> revocations;
};

class RouteSnapshot {
public:
    static constexpr Milliseconds write_interval{200};

    /// What the file says. A file that is torn counts up to where it is, but without the routes
    /// that need authorization, because a revocation may be what is missing. One that is not ours
    /// is moved aside. Both are logged, and neither is an error. `now` becomes each route's
    /// activity, for the times of its last use and change are not on disk.
    [[nodiscard]] static KnownRoutes load(std::filesystem::path const& path, int64_t now);

    /// Replaces the file, mode 0600, by one that says `known`; changes follow.
    [[nodiscard]] static Result<std::unique_ptr<RouteSnapshot>> create(
        std::filesystem::path const& path, KnownRoutes const& known);
    /// Writes what is left.
    ~RouteSnapshot();

    void put(std::string const& path, std::string data);
    void remove(std::string const& path);
    void add(Revocation const& revocation);
    /// Returns when everything so far is on disk. The error is why it is not; it is tried again.
    Result<> flush();

private:
    RouteSnapshot(std::filesystem::path path, int file, size_t size);
    void run();
    void note(std::string key, std::string record);
    Result<> append(std::string const& records);
    Result<> compact();

    std::filesystem::path const path_;
    int file_;
    size_t size_;          ///< of the file, all of it whole records
    size_t compact_size_;  ///< beyond which it is written anew

    std::mutex mutex_;  ///< guards what follows
    std::condition_variable changed_;
    /// By what they are about: a later change of the same route takes the place of an earlier one.
    std::unordered_map<std::string, std::string> pending_;
    uint64_t noted_ = 0;    ///< how many changes there were
    uint64_t settled_ = 0;  ///< up to which of them writing has been tried
    uint64_t attempts_ = 0;
    Result<> outcome_;  ///< of the last of them
    bool hurry_ = false;
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace carrel::proxy
