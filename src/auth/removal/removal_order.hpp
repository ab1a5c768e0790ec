#pragma once

/// Removing a person from the installation, as far as the store goes: they are out, and the order
/// says what becomes of what they leave behind. Files are the business of deploy/removal, servers
/// that of the hub's reconciler; both find the order in the store. Functions on a transaction.

#include "store/transaction.hpp"

namespace carrel {

struct RemovalWish {
    Leftovers leftovers;
    std::string ordered_by;  ///< a user name; empty: on the command line of the machine
    Time now;
};

/// Ends sessions, half log-ins, tokens, second factors and recovery codes, memberships, groups and
/// shares; an identity at a provider stays only with `Leftovers::Keep`, as the proof of who comes
/// back. Conflict: removed already, or the last administrator who may in.
[[nodiscard]] Result<Removal> order_removal(Transaction& transaction, User user,
                                            RemovalWish const& wish);

/// Somebody whose files were kept has an account again, without roles and memberships.
/// Conflict: they are not that.
[[nodiscard]] Result<> bring_back(Transaction& transaction, User& user, std::string const& actor,
                                  Time now);

}  // namespace carrel
