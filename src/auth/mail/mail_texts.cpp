#include "auth/mail/mail_texts.hpp"

#include <fmt/format.h>

namespace carrel {

namespace {

MailText confirm_in_english(std::string_view user, std::string_view platform,
                            std::string_view link) {
    return {.subject = "Please confirm your e-mail address",
            .body = fmt::format("Hello {},\n\n"
                                "this address was given for your account at {}.\n"
                                "To say that it is yours, open this page within 24 hours:\n\n"
                                "{}\n\n"
                                "If you do not know of this, do nothing: without the page the "
                                "address is not used.\n",
                                user, platform, link)};
}

MailText confirm_in_german(std::string_view user, std::string_view platform,
                           std::string_view link) {
    return {.subject = "Bitte bestätigen Sie Ihre E-Mail-Adresse",
            .body = fmt::format("Guten Tag, {},\n\n"
                                "diese Adresse wurde für Ihr Konto bei {} angegeben.\n"
                                "Dass sie Ihnen gehört, sagen Sie innerhalb von 24 Stunden auf "
                                "dieser Seite:\n\n"
                                "{}\n\n"
                                "Wissen Sie davon nichts, dann tun Sie nichts: Ohne diese Seite "
                                "wird die Adresse nicht verwendet.\n",
                                user, platform, link)};
}

MailText reset_in_english(std::string_view user, std::string_view platform, std::string_view link) {
    return {.subject = "A new password for your account",
            .body = fmt::format("Hello {},\n\n"
                                "somebody, perhaps you, has asked for a new password for your "
                                "account at {}.\n"
                                "You can set one within 30 minutes on this page, once:\n\n"
                                "{}\n\n"
                                "If that was not you, do nothing: your password stays as it is.\n",
                                user, platform, link)};
}

MailText reset_in_german(std::string_view user, std::string_view platform, std::string_view link) {
    return {
        .subject = "Ein neues Passwort für Ihr Konto",
        .body = fmt::format("Guten Tag, {},\n\n"
                            "jemand, vielleicht Sie selbst, hat für Ihr Konto bei {} ein neues "
                            "Passwort angefordert.\n"
                            "Auf dieser Seite können Sie innerhalb von 30 Minuten eines setzen, "
                            "und zwar einmal:\n\n"
                            "{}\n\n"
                            "Waren Sie es nicht, dann tun Sie nichts: Ihr Passwort bleibt, wie "
                            "es ist.\n",
                            user, platform, link)};
}

}  // namespace

MailText mail_text(MailKind kind, std::string_view language, std::string_view user,
                   std::string_view platform, std::string_view link) {
    bool const german = language == "de";
    if (kind == MailKind::ResetPassword)
        return german ? reset_in_german(user, platform, link)
                      : reset_in_english(user, platform, link);
    return german ? confirm_in_german(user, platform, link)
                  : confirm_in_english(user, platform, link);
}

std::string mail_link(std::string_view platform, MailKind kind, std::string_view token) {
    return fmt::format("{}/{}#{}", platform,
                       kind == MailKind::ResetPassword ? "reset-password" : "confirm-email", token);
}

}  // namespace carrel
