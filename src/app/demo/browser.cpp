#include "app/demo/browser.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace carrel {

namespace {

using nlohmann::json;

constexpr Milliseconds patience{60'000};

/// RFC 6265 section 5.1.4.
bool path_matches(std::string_view request, std::string_view cookie) {
    if (!request.starts_with(cookie)) return false;
    return request.size() == cookie.size() || cookie.ends_with('/') ||
           request[cookie.size()] == '/';
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

/// The sentence of a problem answer, or the beginning of whatever came.
std::string reason_in(http::ClientResponse const& response) {
    auto const problem = json::parse(response.body, nullptr, false);
    if (problem.is_object())
        for (auto const* const key : {"detail", "message", "title"})
            if (problem.contains(key) && problem[key].is_string())
                return problem[key].get<std::string>();
    return for_log(response.body, 120);
}

}  // namespace

Browser::Browser(std::string who, unsigned short port) : who_(std::move(who)), port_(port) {}

void Browser::keep_cookies(http::Headers const& headers, std::string const& path) {
    for (auto const& [name, value] : headers) {
        if (!equals_ignoring_case(name, "set-cookie")) continue;
        auto const parts = split(value, ';');
        auto const equals = parts[0].find('=');
        if (equals == std::string_view::npos) continue;
        StoredCookie cookie{std::string(trimmed(parts[0].substr(0, equals))),
                            std::string(trimmed(parts[0].substr(equals + 1))),
                            path.substr(0, std::max<size_t>(1, path.rfind('/')))};
        for (auto const part : parts)
            if (equals_ignoring_case(trimmed(part).substr(0, 5), "path="))
                cookie.path = trimmed(part).substr(5);
        std::erase_if(cookies_, [&](StoredCookie const& old) {
            return old.name == cookie.name && old.path == cookie.path;
        });
        cookies_.push_back(std::move(cookie));
    }
}

std::string Browser::cookies_for(std::string_view path) const {
    std::string text;
    for (auto const& cookie : cookies_)
        if (path_matches(path, cookie.path))
            text += (text.empty() ? "" : "; ") + cookie.name + "=" + cookie.value;
    return text;
}

Result<http::ClientResponse> Browser::send(http::ClientRequest request, std::string const& path) {
    request.url = fmt::format("http://127.0.0.1:{}{}", port_, path);
    auto const cookies = cookies_for(path_of(path));
    if (!cookies.empty()) request.headers.set("Cookie", cookies);
    auto response = client_.fetch(request, Deadline::after(patience));
    if (!response) return std::unexpected(response.error().wrapped(request.method + " " + path));
    keep_cookies(response->headers, std::string(path_of(path)));
    return response;
}

Result<http::ClientResponse> Browser::request(std::string method, std::string path,
                                              json const* body, http::Headers headers) {
    http::ClientRequest request{.method = std::move(method), .headers = std::move(headers)};
    if (!csrf_token_.empty()) request.headers.set("X-CSRF-Token", csrf_token_);
    // Notebook servers have a token of their own against forged requests, in a cookie. Notebook 6
    // sets it for the whole origin; its pages send it to itself all the same.
    bool const to_a_server = path.find("/user/") != std::string::npos;
    for (auto const& cookie : cookies_)
        if (to_a_server && cookie.name == "_xsrf" && path_matches(path_of(path), cookie.path))
            request.headers.set("X-XSRFToken", cookie.value);
    if (body != nullptr) {
        request.headers.set("Content-Type", "application/json");
        request.body = body->dump();
    }
    return send(std::move(request), path);
}

Result<http::ClientResponse> Browser::open(std::string path) {
    for (int hop = 0; hop < 10; ++hop) {
        TRY(auto response, request("GET", path, nullptr, {{"Accept", "text/html,*/*"}}));
        if (response.status < 300 || response.status > 399) return response;
        path = std::string(response.headers.get("Location"));
        auto const origin = fmt::format("http://127.0.0.1:{}", port_);
        if (path.starts_with(origin)) path.erase(0, origin.size());
        if (!path.starts_with('/'))
            return fail(Code::Internal, "open a page: redirected to '{}'", for_log(path));
    }
    return fail(Code::Internal, "open a page: redirected in circles");
}

Result<json> Browser::call(unsigned status, std::string method, std::string path,
                           json const& body) {
    auto const what = method + " " + path;
    TRY(auto const response,
        request(std::move(method), std::move(path), body.is_null() ? nullptr : &body));
    if (response.status != status)
        return fail(Code::Internal, "{} by {}: expected {}, got {}: {}", what, who_, status,
                    response.status, reason_in(response));
    if (response.body.empty()) return json();
    auto answer = json::parse(response.body, nullptr, false);
    if (answer.is_discarded()) return fail(Code::Internal, "{}: the answer is not JSON", what);
    return answer;
}

Result<> Browser::keep_session(json const& me) {
    csrf_token_ = me.value("csrf_token", "");
    if (csrf_token_.empty()) return fail(Code::Internal, "{} got no CSRF token", who_);
    return {};
}

Result<> Browser::log_in(std::string const& password) {
    TRY(auto const me,
        call(200, "POST", "/api/v1/session", {{"username", who_}, {"password", password}}));
    return keep_session(me);
}

Result<> Browser::sign_up(std::string const& invitation, std::string const& password) {
    TRY(auto const me, call(201, "POST", "/api/v1/invitations/" + invitation + "/signup",
                            {{"username", who_}, {"password", password}}));
    return keep_session(me);
}

Result<> Browser::download(std::string path, std::filesystem::path const& file) {
    TRY(auto const response,
        send({.largest_body = 1024UL * 1024UL * 1024UL, .to_file = file}, path));
    if (response.status != 200)
        return fail(Code::Internal, "download {}: the answer is {}", path, response.status);
    return {};
}

Result<http::WebSocketClient> Browser::open_web_socket(std::string const& path) {
    http::Headers const headers{{"Cookie", cookies_for(path_of(path))},
                                {"Origin", fmt::format("http://127.0.0.1:{}", port_)}};
    return http::WebSocketClient::connect("127.0.0.1", port_, path, headers,
                                          Deadline::after(patience));
}

}  // namespace carrel
