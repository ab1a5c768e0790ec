#pragma once

/// Making an account, by an invitation or by an administrator.

#include "portal/input.hpp"
#include "portal/portal.hpp"

namespace carrel {

struct NewUser {
    std::string username;
    std::string password;
    std::string email;
    std::string display_name;  ///< empty: the user name
};

[[nodiscard]] NewUser read_new_user(JsonReader& input);

/// Checks every rule, and hashes the password, which takes a while: not inside a transaction.
[[nodiscard]] Result<User> make_user(PortalDependencies const& portal, NewUser const& wanted,
                                     Chooser chooser);

/// Conflict with field "username" when the name is taken.
[[nodiscard]] Result<> insert_user(Transaction& transaction, User const& user);

/// The one rule for names as people show them.
[[nodiscard]] Result<std::string> parse_display_name(std::string_view text);

}  // namespace carrel
