#include "domain/user.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "domain/common_password.hpp"

#include <algorithm>
#include <array>

namespace carrel {

namespace {

/// Accounts that Debian makes, and words that programs take for nobody.
constexpr std::array<std::string_view, 36> names_of_the_system{
    "root",  "daemon", "bin",       "sys",        "sync",     "games",  "man",      "lp",
    "mail",  "news",   "uucp",      "proxy",      "www-data", "backup", "list",     "irc",
    "gnats", "nobody", "nogroup",   "messagebus", "sshd",     "ntp",    "postgres", "postfix",
    "mysql", "redis",  "nginx",     "docker",     "sudo",     "adm",    "staff",    "shadow",
    "null",  "none",   "undefined", "localhost"};

/// What speaks for the platform, or is a word of its addresses.
constexpr std::array<std::string_view, 40> names_of_the_platform{
    "admin",      "administrator", "administration", "api",      "anonymous", "assets",
    "audit",      "carrel",        "course",         "courses",  "everybody", "everyone",
    "governance", "guest",         "health",         "help",     "hub",       "info",
    "join",       "jupyter",       "jupyterhub",     "login",    "logout",    "me",
    "metrics",    "moderator",     "operator",       "owner",    "portal",    "profile",
    "security",   "server",        "service",        "signup",   "superuser", "support",
    "system",     "user",          "users",          "webmaster"};

}  // namespace

Result<> check_new_name(std::string_view name, Chooser chooser) {
    bool const of_the_system =
        std::ranges::find(names_of_the_system, name) != names_of_the_system.end() ||
        name.starts_with("systemd-");
    bool const of_the_platform =
        std::ranges::find(names_of_the_platform, name) != names_of_the_platform.end();
    if (!of_the_system && (!of_the_platform || chooser == Chooser::Operator)) return {};
    return std::unexpected(
        Error{Code::Conflict,
              fmt::format("the name {} is kept for {}; take another", name,
                          of_the_system ? "the system" : "those who run this platform"),
              "username"});
}

Result<std::string> parse_user_name(std::string_view text) {
    auto name = to_lower(trimmed(text));
    auto const letter_or_digit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    };
    auto const allowed = [&](char c) {
        return letter_or_digit(c) || c == '.' || c == '_' || c == '-';
    };
    if (name.empty() || name.size() > 63)
        return fail_field("username", "a user name has 1 to 63 characters");
    if (!letter_or_digit(name.front()) || !std::ranges::all_of(name, allowed))
        return fail_field("username",
                          "a user name has letters a to z, digits, dots, dashes and underscores, "
                          "and begins with a letter or digit");
    return name;
}

Result<> check_password(std::string_view password, std::string_view user_name) {
    if (password.size() < 10)
        return fail_field("password", "a password has at least 10 characters");
    if (password.size() > 1024) return fail_field("password", "a password has at most 1024 bytes");
    if (!is_printable_utf8(password))
        return fail_field("password", "the password has characters that are not text");
    if (equals_ignoring_case(password, user_name))
        return fail_field("password", "the password is not the user name");
    if (is_common_password(password, user_name))
        return fail_field("password",
                          "this password is among the first that anybody would try; several words "
                          "that do not belong together are better");
    return {};
}

Result<> check_email(std::string_view email) {
    if (email.empty()) return {};
    auto const at = email.find('@');
    bool const plausible = email.size() <= 254 && is_printable_utf8(email) &&
                           at != std::string_view::npos && at > 0 && at + 1 < email.size() &&
                           email.find('@', at + 1) == std::string_view::npos &&
                           email.find_first_of(" \t\r\n,;<>\"") == std::string_view::npos;
    if (!plausible) return fail_field("email", "this does not look like an e-mail address");
    return {};
}

}  // namespace carrel
