#pragma once

/// Logging in with a password that a directory knows: asks the directories one after the other, by
/// their names, and finds, joins or makes the account here that they mean.
///
/// Who somebody is here, the joined identity says, never the name: a Unix account called like an
/// account here is somebody else until whoever is logged in to that one joins it. Blocks: on
/// threads of its own, so that a directory that hangs keeps nobody waiting but those who log in.
/// Thread-safe. Owned by app/wiring.

#include "auth/directory/directory.hpp"
#include "auth/local/login_limit.hpp"
#include "base/random.hpp"
#include "runtime/blocking_pool.hpp"
#include "store/store.hpp"

#include <memory>

namespace carrel {

class AccessPolicy;

class Directories {
public:
    /// `directories` in the order in which they are asked; `access` says who may in, null:
    /// everybody.
    Directories(Store& store, Clock const& clock, Random& random,
                std::vector<std::unique_ptr<Directory>> directories,
                AccessPolicy* access = nullptr);

    [[nodiscard]] std::vector<ProviderSettings const*> offered() const;
    /// How the pages call them all: "Unix account / Campus".
    [[nodiscard]] std::string titles() const;
    [[nodiscard]] bool has(std::string_view login) const;

    /// Whose account here it is. `invitation` is a course's code, or empty.
    /// Unauthenticated: no directory knows this name with this password. Otherwise a
    /// `login_failure` whose message is for people; what is for operators is in the log.
    [[nodiscard]] Result<User> log_in(DirectoryQuestion const& question,
                                      std::string_view invitation);

    /// That it is `user` who has typed this, by an account that is joined to theirs. As `log_in`.
    [[nodiscard]] Result<> confirm(User const& user, DirectoryQuestion const& question);

    /// Joins whose name and password these are to `user`. As `log_in`; NotFound: no such directory;
    /// LimitReached: too many were wrong.
    [[nodiscard]] Result<> join(std::string_view login, DirectoryQuestion const& question,
                                User const& user);

    /// Threads for these calls, and for what waits for them.
    [[nodiscard]] BlockingPool& pool() { return pool_; }

private:
    Result<User> admit(Directory const& directory, ProviderPerson const& person,
                       std::optional<UserId> joining, std::string_view invitation);

    Store& store_;
    Clock const& clock_;
    Random& random_;
    std::vector<std::unique_ptr<Directory>> directories_;
    AccessPolicy* access_;
    LoginLimit join_limit_;
    BlockingPool pool_;
};

/// What a problem with a directory is, for people: "Campus does not answer; …".
[[nodiscard]] std::string directory_sentence(std::string_view problem, std::string_view title);

}  // namespace carrel
