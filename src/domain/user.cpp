#include "domain/user.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace carrel {

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
