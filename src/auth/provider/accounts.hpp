#pragma once

/// Whose account here it is that a provider means: found, joined or made, and its roles brought up
/// to date. Runs in the transaction that it is given.

#include "auth/access/access_policy.hpp"
#include "auth/provider/provider.hpp"
#include "store/transaction.hpp"

namespace carrel {

struct ProviderArrival {
    ProviderSettings const& settings;
    ProviderPerson const& person;
    std::optional<UserId> joining;  ///< who wants to join the provider's account to theirs
    bool invited = false;           ///< by a course's link
    UserId fresh;                   ///< the id of an account, if one is made
    Time now;
    AccessPolicy* access = nullptr;  ///< who may in; null: everybody
};

/// The account. It is never one that merely has the same name: an account that is there is joined
/// by nobody but who is logged in to it.
/// Fails as `login_failure` does.
[[nodiscard]] Result<User> admit_from_provider(Transaction& transaction,
                                               ProviderArrival const& arrival);

/// Parts the provider's account from the user's, and takes away the roles that it gave.
/// NotFound: they are not joined. Conflict: there would be no way in left.
[[nodiscard]] Result<> part_from_provider(Transaction& transaction, UserId const& user,
                                          std::string_view login, Time now);

}  // namespace carrel
