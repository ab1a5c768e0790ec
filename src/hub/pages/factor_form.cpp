#include "hub/pages/factor_form.hpp"

#include <algorithm>

namespace carrel::jupyterhub {

namespace {

struct Words {
    std::string_view title, app, recovery, code, submit, key, again, wrong, expired, limited;
};

Words const& words_in(Language language) {
    static Words const english{
        .title = "Second step",
        .app = "Enter the code that your app shows now, or one of your recovery codes.",
        .recovery = "Use your security key, or enter one of your recovery codes.",
        .code = "Code",
        .submit = "Log in",
        .key = "Use a security key or passkey",
        .again = "Begin again",
        .wrong = "The code is wrong, or was used before.",
        .expired = "Login form invalid or expired. Try again.",
        .limited = "Too many attempts. Try again in a minute.",
    };
    static Words const german{
        .title = "Zweiter Schritt",
        .app =
            "Geben Sie den Code ein, den Ihre App jetzt zeigt, oder einen Ihrer "
            "Wiederherstellungscodes.",
        .recovery =
            "Benutzen Sie Ihren Sicherheitsschlüssel, oder geben Sie einen Ihrer "
            "Wiederherstellungscodes ein.",
        .code = "Code",
        .submit = "Anmelden",
        .key = "Sicherheitsschlüssel oder Passkey benutzen",
        .again = "Von vorn beginnen",
        .wrong = "Der Code ist falsch oder war schon benutzt.",
        .expired = "Das Formular ist abgelaufen. Versuchen Sie es noch einmal.",
        .limited = "Zu viele Versuche. Versuchen Sie es in einer Minute noch einmal.",
    };
    return language == Language::German ? german : english;
}

std::string_view sentence_of(FactorComplaint complaint, Words const& words) {
    switch (complaint) {
        case FactorComplaint::Wrong:
            return words.wrong;
        case FactorComplaint::Expired:
            return words.expired;
        case FactorComplaint::Limited:
            return words.limited;
        case FactorComplaint::None:
            break;
    }
    return {};
}

unsigned status_of(FactorComplaint complaint) {
    if (complaint == FactorComplaint::None) return 200;
    return complaint == FactorComplaint::Limited ? 429 : 403;
}

bool has(SecondStep const& step, FactorKind kind) {
    return std::ranges::find(step.kinds, kind) != step.kinds.end();
}

}  // namespace

http::Response factor_page(FactorForm const& form, FactorComplaint complaint, Language language) {
    auto const& words = words_in(language);
    auto const alert = sentence_of(complaint, words);
    auto const key = has(form.step, FactorKind::WebAuthn)
                         ? fmt::format("<a id=\"use_key\" class=\"button\" href=\"{}\">{}</a>",
                                       html(form.key_page), words.key)
                         : std::string();
    auto const body = fmt::format(
        "<p class=\"dimmed\">{lead}</p><div class=\"card\">{alert}"
        "<form action=\"{action}\" method=\"post\" id=\"factor-form\">"
        "<input type=\"hidden\" name=\"_xsrf\" value=\"{token}\">"
        "<label>{code}<input id=\"code_input\" name=\"code\" type=\"text\" "
        "autocomplete=\"one-time-code\" autocapitalize=\"off\" autocorrect=\"off\" "
        "spellcheck=\"false\" maxlength=\"40\" required autofocus></label>"
        "<button id=\"factor_submit\" class=\"wide\">{submit}</button></form></div>"
        "<div class=\"actions\">{key}<a href=\"{start}\">{again}</a></div>",
        fmt::arg("lead", has(form.step, FactorKind::Totp) ? words.app : words.recovery),
        fmt::arg("alert",
                 alert.empty()
                     ? std::string()
                     : fmt::format("<p class=\"alert login_error\" role=\"alert\">{}</p>", alert)),
        fmt::arg("action", html(form.action)), fmt::arg("token", html(form.token)),
        fmt::arg("code", words.code), fmt::arg("submit", words.submit), fmt::arg("key", key),
        fmt::arg("start", html(form.start_again)), fmt::arg("again", words.again));
    auto answer = page(words.title, body, status_of(complaint), language);
    // As with the log-in form: a browser that says where it comes from is checked.
    answer.headers.set("Referrer-Policy", "same-origin");
    return answer;
}

}  // namespace carrel::jupyterhub
