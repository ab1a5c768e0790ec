#include "http/message.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel::http {

namespace {

/// Decodes one name or value of a form; nothing when it is malformed.
std::optional<std::string> form_decode(std::string_view text) {
    std::string spaced(text);
    std::ranges::replace(spaced, '+', ' ');
    auto decoded = percent_decode(spaced);
    if (!decoded) return {};
    return *std::move(decoded);
}

}  // namespace

std::string const& Request::parameter(std::string_view name) const {
    static std::string const none;
    auto const found = parameters.find(name);
    return found == parameters.end() ? none : found->second;
}

std::optional<std::string> Request::query(std::string_view name) const {
    auto const mark = target.find('?');
    if (mark == std::string::npos) return {};
    auto const text = std::string_view(target).substr(mark + 1);
    for (auto const pair : split(text.substr(0, text.find('#')), '&')) {
        auto const equals = pair.find('=');
        if (form_decode(pair.substr(0, equals)) != name) continue;
        return equals == std::string_view::npos ? "" : form_decode(pair.substr(equals + 1));
    }
    return {};
}

std::optional<std::string> Request::cookie(std::string_view name) const {
    for (auto const& [field, value] : headers) {
        if (!equals_ignoring_case(field, "cookie")) continue;
        for (auto const pair : split(value, ';')) {
            auto const equals = pair.find('=');
            if (equals == std::string_view::npos || trimmed(pair.substr(0, equals)) != name)
                continue;
            auto text = trimmed(pair.substr(equals + 1));
            if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
                text = text.substr(1, text.size() - 2);
            return std::string(text);
        }
    }
    return {};
}

std::string Request::client_address() const {
    std::string address;
    for (auto const& [field, value] : headers)
        if (equals_ignoring_case(field, "x-forwarded-for"))
            address = trimmed(split(value, ',').back());
    return address;
}

bool Request::is_secure() const {
    auto const protocols = split(headers.get("x-forwarded-proto"), ',');
    return equals_ignoring_case(trimmed(protocols.back()), "https");
}

bool Request::wants_page() const {
    return (method == "GET" || method == "HEAD") &&
           headers.get("Accept").find("text/html") != std::string_view::npos;
}

Response Response::empty(unsigned status) {
    Response response;
    response.status = status;
    return response;
}

Response Response::text(std::string body, unsigned status) {
    Response response;
    response.status = status;
    response.headers.set("Content-Type", "text/plain; charset=utf-8");
    response.body = std::move(body);
    return response;
}

Response Response::html(std::string body, unsigned status) {
    auto response = text(std::move(body), status);
    response.headers.set("Content-Type", "text/html; charset=utf-8");
    return response;
}

Response Response::json(nlohmann::json const& value, unsigned status) {
    // What came from a peer or a file name may be ill-formed UTF-8; a "\ufffd" beats no answer.
    auto response =
        text(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), status);
    response.headers.set("Content-Type", "application/json");
    return response;
}

Response Response::redirect(std::string_view location) {
    auto response = empty(302);
    response.headers.set("Location", location);
    response.headers.set("Cache-Control", "no-store");
    return response;
}

void set_cookie(Response& response, Cookie const& cookie) {
    auto text = fmt::format("{}={}; Path={}{}; SameSite=Lax", cookie.name, cookie.value,
                            cookie.path, cookie.for_scripts ? "" : "; HttpOnly");
    if (!cookie.domain.empty()) text += "; Domain=" + cookie.domain;
    if (cookie.lasts) text += fmt::format("; Max-Age={}", cookie.lasts->count());
    if (cookie.secure) text += "; Secure";
    response.headers.add("Set-Cookie", text);
}

}  // namespace carrel::http
