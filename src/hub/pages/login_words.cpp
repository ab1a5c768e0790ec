#include "hub/pages/login_words.hpp"

#include "auth/directory/directories.hpp"
#include "auth/provider/login_failure.hpp"

#include <array>

namespace carrel::jupyterhub {

namespace {

struct German {
    std::string_view problem;
    std::string_view sentence;
};

constexpr std::array german_problems{
    German{"unavailable", "{} antwortet nicht. Versuchen Sie es gleich noch einmal."},
    German{"busy", "Gerade melden sich zu viele mit {} an. Versuchen Sie es gleich noch einmal."},
    German{"misconfigured",
           "Die Anmeldung mit {} ist nicht richtig eingerichtet. Wer diese Plattform betreibt, "
           "sieht im Protokoll, warum."},
    German{"untrusted",
           "Die Anmeldung mit {} ist nicht richtig eingerichtet. Wer diese Plattform betreibt, "
           "sieht im Protokoll, warum."},
    German{"refused", "{} lässt Sie nicht herein."},
    German{"password_expired",
           "Ihr Passwort für {} ist abgelaufen. Ändern Sie es dort, und melden Sie sich dann an."},
    German{"account_expired", "Ihr Konto für {} ist abgelaufen."},
    German{"not_allowed", "Ihr Konto ({}) ist in keiner der Gruppen, die hier Zugang haben."},
    German{"sign_up_closed",
           "Sie haben hier noch kein Konto, und {} legt keines an. Nehmen Sie einen "
           "Einladungslink."},
    German{"name_taken",
           "Diesen Benutzernamen hat hier schon jemand. Sind Sie das selbst, dann melden Sie sich "
           "mit dem hiesigen Passwort an, und verbinden Sie {} in Ihrem Profil."},
    German{"name_missing", "Aus Ihrem Konto ({}) lässt sich hier kein Benutzername machen."},
    German{"name_unusable", "Aus Ihrem Konto ({}) lässt sich hier kein Benutzername machen."},
    German{"name_reserved", "So, wie Ihr Konto ({}) heißt, darf hier niemand heißen."},
    German{"disabled", "Ihr Konto hier ist gesperrt."},
    German{"failed", "Hier ist etwas schiefgegangen. Versuchen Sie es gleich noch einmal."},
};

}  // namespace

LoginWords const& login_words_in(Language language) {
    static LoginWords const english{
        .title = "Log in",
        .lead = "Log in to go on to your server.",
        .username = "User name",
        .password = "Password",
        .submit = "Log in",
        .wrong = "Invalid username or password",
        .expired = "Login form invalid or expired. Try again.",
        .limited = "Too many attempts. Try again in half a minute.",
        .foreign = "Another site sent this form. Log in here instead.",
        .with = "Log in with {}",
        .denied = "This account may not use this hub. Ask {}.",
        .not_listed = "This account is not on this hub's list. Ask {}.",
        .whom = "whoever runs it",
    };
    static LoginWords const german{
        .title = "Anmelden",
        .lead = "Melden Sie sich an, um zu Ihrem Server zu kommen.",
        .username = "Benutzername",
        .password = "Passwort",
        .submit = "Anmelden",
        .wrong = "Benutzername oder Passwort ist falsch",
        .expired = "Das Formular ist abgelaufen. Versuchen Sie es noch einmal.",
        .limited = "Zu viele Versuche. Versuchen Sie es in einer halben Minute noch einmal.",
        .foreign = "Eine andere Website hat dieses Formular geschickt. Melden Sie sich hier an.",
        .with = "Mit {} anmelden",
        .denied = "Dieses Konto darf diesen Hub nicht benutzen. Fragen Sie {}.",
        .not_listed = "Dieses Konto steht nicht auf der Liste dieses Hubs. Fragen Sie {}.",
        .whom = "die Betreiber",
    };
    return language == Language::German ? german : english;
}

std::string refusal_words(LoginWords const& words, Error const& refusal,
                          std::string const& contact) {
    auto const sentence =
        refusal.field == name_of(Admission::Denied) ? words.denied : words.not_listed;
    return fmt::format(fmt::runtime(sentence), contact.empty() ? words.whom : contact);
}

std::optional<std::string> directory_words(std::string_view problem, std::string_view title,
                                           Language language) {
    if (std::ranges::find(login_problems, problem) == login_problems.end()) return {};
    if (language == Language::English) return sentence(directory_sentence(problem, title));
    auto const* const found = std::ranges::find(german_problems, problem, &German::problem);
    auto const* const known = found == german_problems.end() ? found - 1 : found;
    return fmt::format(fmt::runtime(known->sentence), title);
}

}  // namespace carrel::jupyterhub
