#include "domain/mail.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace carrel {

namespace {

constexpr std::array names{std::pair(MailKind::ConfirmEmail, std::string_view("confirm_email")),
                           std::pair(MailKind::ResetPassword, std::string_view("reset_password")),
                           std::pair(MailKind::Nothing, std::string_view("nothing"))};
constexpr size_t longest_address = 254;

bool is_letter_or_digit(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9');
}

}  // namespace

std::string_view name_of(MailKind kind) {
    return std::ranges::find(names, kind, &decltype(names)::value_type::first)->second;
}

std::optional<MailKind> parse_mail_kind(std::string_view name) {
    auto const* const found = std::ranges::find(names, name, &decltype(names)::value_type::second);
    if (found == names.end()) return {};
    return found->first;
}

bool is_mailable(std::string_view address) {
    auto const at = address.find('@');
    if (at == std::string_view::npos || address.size() > longest_address) return false;
    auto const local = address.substr(0, at);
    auto const domain = address.substr(at + 1);
    // RFC 5322's dot-atom: no quoted parts, no comments.
    bool const good_local = !local.empty() && std::ranges::all_of(local, [](char letter) {
        return is_letter_or_digit(letter) ||
               std::string_view(".!#$%&'*+/=?^_`{|}~-").find(letter) != std::string_view::npos;
    });
    bool const good_domain =
        !domain.empty() && is_letter_or_digit(domain.front()) &&
        std::ranges::all_of(domain, [](char letter) {
            return is_letter_or_digit(letter) || letter == '.' || letter == '-';
        });
    return good_local && good_domain && local.front() != '-' && local.front() != '.';
}

}  // namespace carrel
