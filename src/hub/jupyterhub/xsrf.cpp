#include "hub/jupyterhub/xsrf.hpp"

#include "auth/secret.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "hub/jupyterhub/form.hpp"

#include <array>

namespace carrel::jupyterhub {

namespace {

std::unexpected<Error> refused(std::string message) {
    return std::unexpected(
        Error{Code::PermissionDenied, std::move(message), std::string(csrf_header)});
}

std::string_view media_type(http::Request const& request) {
    auto const type = request.headers.get("Content-Type");
    return trimmed(type.substr(0, type.find(';')));
}

Result<> check_sent(http::Request const& request, std::string_view csrf_token,
                    std::string_view slug) {
    auto const sent = xsrf_sent(request);
    if (sent.empty())
        return refused(fmt::format("'_xsrf' argument missing from {}", request.method));
    if (csrf_token.empty()) return refused("the session has no XSRF token");
    if (equals_in_constant_time(sent, csrf_token) ||
        equals_in_constant_time(sent, xsrf_token(csrf_token, slug)))
        return {};
    return refused(fmt::format("XSRF cookie does not match {} argument", request.method));
}

/// Reading, as a browser does when it goes somewhere, or one that does not say what for.
bool is_harmless(http::Request const& request) {
    if (is_unsafe(request.method)) return false;
    auto const mode = request.headers.get("Sec-Fetch-Mode");
    if (mode.empty() || mode == "navigate" || mode == "websocket") return true;
    return mode == "no-cors" && request.headers.get("Sec-Fetch-Site") == "same-origin";
}

}  // namespace

LoginForms::LoginForms(std::string_view key, Clock const& clock, Random& random)
    : key_(keyed_hash("the log-in forms of hubs", key)), clock_(clock), random_(random) {}

std::string LoginForms::sign(std::string_view text, std::string_view slug) const {
    return to_base64url(keyed_hash(fmt::format("{} {}", slug, text), key_));
}

bool LoginForms::is_ours(std::string_view token, std::string_view slug) const {
    auto const mark = token.rfind('.');
    if (mark == std::string_view::npos || token.size() > 200) return false;
    auto const text = token.substr(0, mark);
    if (!equals_in_constant_time(token.substr(mark + 1), sign(text, slug))) return false;
    auto const made = parse_whole(text.substr(0, text.find('.')));
    auto const now = std::chrono::floor<Seconds>(clock_.now()).time_since_epoch().count();
    return made && *made <= now && now - *made < anonymous_xsrf_lasts.count();
}

std::string LoginForms::token_for(http::Request const& request, std::string_view slug) const {
    // Two forms in two tabs have one cookie: neither may make the other's worthless.
    if (auto const kept = request.cookie(xsrf_cookie); kept && is_ours(*kept, slug)) return *kept;
    auto const now = std::chrono::floor<Seconds>(clock_.now()).time_since_epoch().count();
    auto const text = fmt::format("{}.{}", now, random_.secret(16));
    return text + "." + sign(text, slug);
}

Result<> LoginForms::check(http::Request const& request, std::string_view sent,
                           std::string_view slug) const {
    auto const cookie = request.cookie(xsrf_cookie).value_or("");
    if (sent.empty() || !equals_in_constant_time(sent, cookie) || !is_ours(sent, slug))
        return refused("Login form invalid or expired. Try again.");
    return {};
}

std::string xsrf_token(std::string_view csrf_token, std::string_view slug) {
    return to_base64url(keyed_hash(fmt::format("_xsrf of {}", slug), csrf_token));
}

std::string xsrf_sent(http::Request const& request) {
    for (auto const* const name : {"X-XSRFToken", "X-CSRFToken", "X-CSRF-Token"})
        if (auto const value = request.headers.get(name); !value.empty()) return std::string(value);
    if (auto const value = request.query(xsrf_cookie); value && !value->empty()) return *value;
    auto const form = Form::of_body(request);
    return form ? form->get(xsrf_cookie) : "";
}

ForgeryCheck check_api_call(std::string slug) {
    return [slug = std::move(slug)](http::Request const& request,
                                    std::string_view csrf_token) -> Result<> {
        if (is_unsafe(request.method)) TRY_VOID(check_same_origin(request));
        // A form is what another site's page could post; JSON it could not.
        auto const type = media_type(request);
        if (request.method == "POST" && !type.empty() &&
            !equals_ignoring_case(type, "application/json"))
            return refused("Missing or invalid credentials.");
        if (is_harmless(request)) return {};
        return check_sent(request, csrf_token, slug);
    };
}

ForgeryCheck check_page(std::string slug) {
    return [slug = std::move(slug)](http::Request const& request,
                                    std::string_view csrf_token) -> Result<> {
        if (!is_unsafe(request.method)) return {};
        TRY_VOID(check_same_origin(request));
        return check_sent(request, csrf_token, slug);
    };
}

}  // namespace carrel::jupyterhub
