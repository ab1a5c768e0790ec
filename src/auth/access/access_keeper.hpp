#pragma once

/// Holds everybody to the lists of who may in: looks again and again whether the file or the store
/// has changed, and then goes through all accounts. Level-triggered: a pass compares what is, so
/// that one which was cut short is simply made again. Control thread. Owned by app/wiring.

#include "auth/access/access_policy.hpp"
#include "auth/access/userlist.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/task.hpp"

#include <optional>

namespace carrel {

/// What is to be told of the file.
struct UserlistState {
    std::filesystem::path path;
    size_t people = 0;
    Time read_at;
    std::string problem;  ///< why what is in it now does not count; empty: it does
};

class AccessKeeper {
public:
    /// `file`: empty when there is none.
    AccessKeeper(Store& store, Clock const& clock, BlockingPool& pool, AccessPolicy& policy,
                 std::optional<UserlistFile> file);

    /// Once, before anybody is let in. Blocks. As `UserlistFile::read`; Conflict: no administrator
    /// could come in.
    [[nodiscard]] Result<> begin();
    /// Until cancelled.
    Task<> run();
    /// One look, and a pass when something has changed. Blocks. How many accounts have changed.
    [[nodiscard]] Result<size_t> look();

    /// Nothing when there is no file. Thread-safe.
    [[nodiscard]] std::optional<UserlistState> userlist() const;

private:
    Result<> take(Userlist const& list);
    void note_problem(std::string problem);
    Result<size_t> pass();

    Store& store_;
    Clock const& clock_;
    BlockingPool& pool_;
    AccessPolicy& policy_;
    std::optional<UserlistFile> file_;
    /// Of the last pass that went through; nothing: there has been none.
    std::optional<std::string> passed_version_;
    mutable std::mutex mutex_;
    std::optional<UserlistState> state_;  ///< guarded by mutex_
};

}  // namespace carrel
