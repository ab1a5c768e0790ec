#include "hub/pages/html_page.hpp"

#include "base/text.hpp"
#include "http/problem.hpp"
#include "hub/jupyterhub/answers.hpp"
#include "runtime/log.hpp"

namespace carrel::jupyterhub {

namespace {

/// As web/src/components/mark.tsx draws it.
constexpr std::string_view mark =
    "<svg width=\"30\" height=\"30\" viewBox=\"0 0 32 32\" aria-hidden=\"true\">"
    "<rect width=\"32\" height=\"32\" rx=\"7\" fill=\"#1f5c4d\"/>"
    "<path d=\"M7.5 26V8.5a2 2 0 0 1 2-2h13a2 2 0 0 1 2 2V26M7.5 21.5h17\" fill=\"none\" "
    "stroke=\"#f6f1e4\" stroke-width=\"2.2\" stroke-linecap=\"round\"/>"
    "<path d=\"M16 7v3\" stroke=\"#f6f1e4\" stroke-width=\"1.5\"/>"
    "<path d=\"M11.8 14a4.2 4.2 0 0 1 8.4 0z\" fill=\"#e0b04f\"/>"
    "<path d=\"M11.4 20.4v-2.3c1.7-.7 3.3-.6 4.6.4 1.3-1 2.9-1.1 4.6-.4v2.3z\" "
    "fill=\"#f6f1e4\"/></svg>";

struct Words {
    std::string_view title;
    std::string_view text;
};

Words words_for(unsigned status, Language language) {
    bool const german = language == Language::German;
    switch (status) {
        case 400:
            return german ? Words{"So geht es nicht", "Die Anfrage ist nicht in Ordnung."}
                          : Words{"That does not work", "The request is not right."};
        case 403:
            return german ? Words{"Kein Zugang", "Das ist Ihnen hier nicht erlaubt."}
                          : Words{"No access", "You are not allowed to do this here."};
        case 404:
            return german ? Words{"Hier ist nichts",
                                  "Diese Seite gibt es nicht, oder Sie haben keinen Zugang zu ihr."}
                          : Words{"There is nothing here",
                                  "This page does not exist, or you have no access to it."};
        case 409:
            return german ? Words{"Jetzt nicht", "Das geht im Augenblick nicht."}
                          : Words{"Not now", "This cannot be done at present."};
        case 503:
            return german
                       ? Words{"Nicht erreichbar",
                               "Der Server antwortet nicht. Versuchen Sie es gleich noch einmal."}
                       : Words{"Not available",
                               "The server does not answer. Try again in a moment."};
        default:
            return german
                       ? Words{"Etwas ist schiefgegangen", "Versuchen Sie es gleich noch einmal."}
                       : Words{"Something went wrong", "Try again in a moment."};
    }
}

http::Response plain_page(unsigned status, Language language, std::string_view more) {
    auto const [title, text] = words_for(status, language);
    auto body = fmt::format("<p class=\"dimmed\">{}</p>", text);
    if (!more.empty()) body += fmt::format("<p>{}</p>", html(more));
    body += fmt::format("<div class=\"actions\"><a class=\"button\" href=\"/\">{}</a></div>",
                        language == Language::German ? "Zu Ihren Kursen" : "Back to your courses");
    return page(title, body, status, language);
}

}  // namespace

Language language_of(http::Request const& request) {
    auto const wanted = to_lower(trimmed(request.headers.get("Accept-Language")));
    return wanted.starts_with("de") ? Language::German : Language::English;
}

http::Response page(std::string_view title, std::string_view body, unsigned status,
                    Language language) {
    auto answer = http::Response::html(
        fmt::format("<!doctype html><html lang=\"{0}\"><head><meta charset=\"utf-8\">"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                    "<meta name=\"color-scheme\" content=\"light dark\">"
                    "<title>{1} · Carrel</title>"
                    "<link rel=\"icon\" type=\"image/svg+xml\" href=\"/favicon.svg\">"
                    "<link rel=\"stylesheet\" href=\"/hub.css\">"
                    "<script src=\"/color-scheme.js\"></script></head>"
                    "<body><header><div><a class=\"brand\" href=\"/\">{2}Carrel</a></div></header>"
                    "<main><h1>{1}</h1>{3}</main></body></html>",
                    language == Language::German ? "de" : "en", html(title), mark, body),
        status);
    answer.headers.set("Cache-Control", "no-store");
    answer.headers.set("Referrer-Policy", "no-referrer");
    return answer;
}

std::string html(std::string_view text) {
    std::string escaped;
    for (auto const c : text) switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\'':
                escaped += "&#39;";
                break;
            default:
                escaped += c;
        }
    return escaped;
}

std::string sentence(std::string_view text) {
    std::string made(text);
    if (!made.empty() && made[0] >= 'a' && made[0] <= 'z')
        made[0] = static_cast<char>(made[0] - 32);
    if (!made.empty() && made.back() != '.') made += '.';
    return made;
}

http::Response error_page(Error const& error, http::Request const& request) {
    auto const status = error.code == Code::Unauthenticated ? 403U : http::status_of(error.code);
    if (error.code == Code::Internal) {
        log::error("hub_page_failed", {{"request", request.id}, {"cause", error.message}});
        return plain_page(status, language_of(request), "");
    }
    return plain_page(status, language_of(request), sentence(error.message));
}

http::Response status_page(unsigned status, Language language) {
    return plain_page(status, language, "");
}

void add_page_fields(http::Response& response, std::string_view base) {
    add_usual_fields(response, false);
    response.headers.set(
        "Content-Security-Policy",
        fmt::format("default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
                    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
                    "report-uri {}hub/security/csp-report",
                    base));
}

}  // namespace carrel::jupyterhub
