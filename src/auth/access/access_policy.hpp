#pragma once

/// Who may in: the one place that every way in asks, whether somebody comes with a password, from a
/// provider, by an invitation, with a session or with a token.
///
/// Lists are in three places and count together: the configuration, a file, and the store. What
/// they say of a person is kept in `User::admission`, so that every process and every request knows
/// it; `AccessKeeper` brings it up to date when a list changes. Thread-safe. Owned by app/wiring.

#include "domain/user.hpp"
#include "store/store.hpp"

#include <memory>
#include <mutex>
#include <span>

namespace carrel {

struct AccessOptions {
    AccessLists configured;
    /// Left out at the end of names that are addresses: `username_domain` of the log-ins.
    std::vector<std::string> domains;
    /// Whom to ask who is not let in; empty: whoever runs it.
    std::string contact;
};

class AccessPolicy {
public:
    explicit AccessPolicy(AccessOptions options) : options_(std::move(options)) {}

    /// What the file says from now on.
    void set_file(AccessLists lists);
    /// All places together, as they are now; not for a transaction that has changed a list itself.
    [[nodiscard]] Result<std::shared_ptr<AccessLists const>> lists(Transaction& transaction);
    /// The same, if the file said this; for every transaction.
    [[nodiscard]] Result<AccessLists> lists_with(Transaction& transaction,
                                                 AccessLists const& file) const;
    [[nodiscard]] AccessLists file() const;
    [[nodiscard]] AccessLists const& configured() const { return options_.configured; }
    [[nodiscard]] std::string const& contact() const { return options_.contact; }
    [[nodiscard]] std::vector<std::string> const& domains() const { return options_.domains; }

    /// Called when somebody has shown who they are: brings the account up to date, with the roles
    /// that lists give. PermissionDenied, with a sentence and `Error::field` "denied" or
    /// "not_listed": they are not let in, and that is in the audit log.
    [[nodiscard]] Result<> admit(Store& store, UserId const& user, Time now);
    /// The same for somebody who is about to get an account.
    [[nodiscard]] Result<> admit_new(Store& store, std::string const& name,
                                     std::vector<std::string> const& groups, Time now);
    /// As `admit_new`, without the audit log: in somebody's transaction, which will fail.
    [[nodiscard]] Result<> check_new(Transaction& transaction, std::string const& name,
                                     std::vector<std::string> const& groups);
    [[nodiscard]] Result<> note_refusal(Transaction& transaction, std::string const& name,
                                        Error const& refusal, Time now) const;

    /// The account as lists see it.
    [[nodiscard]] static Result<AccessSubject> subject_of(Transaction& transaction,
                                                          User const& user);
    /// What the lists say of this account now.
    [[nodiscard]] Result<Admission> judge(Transaction& transaction, User const& user);
    /// Writes that down. Who is not let in any more is out: sessions and half log-ins end, what was
    /// opened with tokens closes, and the hub stops their servers.
    [[nodiscard]] Result<> settle(Transaction& transaction, User& user, Time now);
    /// Gives the roles that lists give, and takes away those that a list gave and does not give any
    /// more.
    [[nodiscard]] Result<> give_roles(Transaction& transaction, User& user, Time now);

    /// Conflict: there is an administrator who may in, and with these lists there would be none.
    [[nodiscard]] static Result<> check_administrator_left(Transaction& transaction,
                                                           AccessLists const& lists);

    /// "ada is not on this hub's list; ask it@example.org".
    [[nodiscard]] std::string sentence(std::string_view name, Admission admission) const;
    [[nodiscard]] std::unexpected<Error> refusal(std::string_view name, Admission admission) const;

private:
    AccessOptions const options_;
    mutable std::mutex mutex_;
    AccessLists file_;                             ///< guarded by mutex_
    std::string stored_version_;                   ///< guarded by mutex_
    AccessLists stored_;                           ///< guarded by mutex_
    std::shared_ptr<AccessLists const> together_;  ///< guarded by mutex_; null: to be made
};

/// The field of errors about somebody who is not let in.
[[nodiscard]] bool is_refusal(Error const& error);

/// Has every process look at every account again: a list has changed, or what an account is by
/// hand.
[[nodiscard]] Result<> announce_access_change(Transaction& transaction);
/// Changes with every announcement.
[[nodiscard]] Result<std::string> access_version(Transaction& transaction);

/// A value as lists have it: a name in normal form, or a group as it is.
/// InvalidArgument with field "value".
[[nodiscard]] Result<std::string> access_value(AccessList list, std::string_view text,
                                               std::span<std::string const> domains);

}  // namespace carrel
