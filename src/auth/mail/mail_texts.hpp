#pragma once

/// What messages say, in English and German. Pure.

#include "domain/mail.hpp"

#include <string>
#include <string_view>

namespace carrel {

struct MailText {
    std::string subject;
    std::string body;
};

/// `platform` is its address, "https://hub.example.org"; `link` leads to the page for this kind.
/// Not for `MailKind::Nothing`.
[[nodiscard]] MailText mail_text(MailKind kind, std::string_view language, std::string_view user,
                                 std::string_view platform, std::string_view link);

/// The page that a link of this kind leads to: "/confirm-email#…". Behind "#" nothing is sent to
/// servers, nor written into their logs.
[[nodiscard]] std::string mail_link(std::string_view platform, MailKind kind,
                                    std::string_view token);

}  // namespace carrel
