#pragma once

/// A person who can log in. Roles here are platform-wide; leading or attending a course is not a
/// role of the person but a fact about that course.

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "domain/access.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace carrel {

struct User {
    UserId id;
    std::string name;  ///< in normal form; see `parse_user_name`
    std::string display_name;
    std::string email;           ///< may be empty
    std::string password_hash;   ///< Argon2id in PHC form; empty: cannot log in by password
    bool administrator = false;  ///< governance: accepts courses, sees everything
    bool leader = false;         ///< may request courses
    bool disabled = false;       ///< cannot log in; sessions and tokens are refused
    std::string language;        ///< "en", "de", or "" for the browser's
    Time created_at;
    std::optional<Time> last_login_at;
    /// What the lists of who may in have said of them last; see domain/access.hpp.
    Admission admission = Admission::Allowed;
    /// Roles that a list gave: it alone takes them away again, at the next log-in.
    bool listed_administrator = false;
    bool listed_leader = false;
    /// Removed from the installation; the row stays for what refers to it.
    std::optional<Time> removed_at = {};

    /// Neither disabled, nor kept out by a list, nor removed.
    [[nodiscard]] bool may_enter() const {
        return !disabled && admission == Admission::Allowed && !removed_at;
    }
};

/// The one normal form of a user name: lower case, `[a-z0-9][a-z0-9._-]{0,62}`.
/// InvalidArgument says which rule it breaks; `field` is "username".
[[nodiscard]] Result<std::string> parse_user_name(std::string_view text);

/// Who chooses a name for an account.
enum class Chooser {
    Anybody,   ///< by an invitation
    Operator,  ///< an administrator, or whoever has the machine
};

/// Conflict for a name in normal form that means something else: nobody is called like an account
/// of the system, and only an operator gives out names that speak for the platform ("admin").
/// For new accounts; those that are there keep their names. `field` is "username".
[[nodiscard]] Result<> check_new_name(std::string_view name, Chooser chooser);

/// 10 to 1024 bytes, printable, and not the user's own name. `field` is "password".
[[nodiscard]] Result<> check_password(std::string_view password, std::string_view user_name);

/// Empty, or something with one "@" inside and at most 254 bytes. `field` is "email".
[[nodiscard]] Result<> check_email(std::string_view email);

/// A browser's login. Its secret is in the cookie; the store has only the hash.
struct Session {
    SessionId id;
    std::string secret_hash;
    std::string csrf_token;
    UserId user;
    Time created_at;
    Time expires_at;
    Time last_used_at;
    std::string address = {};     ///< where it was begun from; empty: nobody knows
    std::string user_agent = {};  ///< what the browser said of itself then
    /// When whoever has it last gave a password or a second factor.
    std::optional<Time> confirmed_at = {};
    bool by_provider = false;  ///< somebody else has checked who it is, and how well
};

/// An API token. Its secret is shown once; the store has only the hash.
struct Token {
    TokenId id;
    std::string secret_hash;
    UserId user;
    std::string note;
    std::string scopes;  ///< space-separated; see auth/scope.hpp
    Time created_at;
    std::optional<Time> expires_at;
    std::optional<Time> last_used_at;
    std::optional<TokenId> made_with;  ///< the token it was made with; it goes when that one goes
};

}  // namespace carrel
