#include "http/response_head.hpp"

#include "base/text.hpp"
#include "runtime/log.hpp"

#include <fmt/chrono.h>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <array>
#include <ctime>

namespace carrel::http {

namespace {

constexpr std::string_view page_policy =
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

bool is_ours(std::string_view name) {
    constexpr std::array<std::string_view, 5> framing = {"connection", "content-length",
                                                         "transfer-encoding", "date", "keep-alive"};
    return std::ranges::any_of(framing, [&](auto own) { return equals_ignoring_case(own, name); });
}

bool is_safe(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

/// IMF-fixdate (RFC 9110 section 5.6.7).
std::string http_date() {
    return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::time(nullptr)));
}

std::string_view without_weak_mark(std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    return tag;
}

}  // namespace

void add_default_headers(Response& response, Request const& request) {
    auto const add = [&](std::string_view name, std::string_view value) {
        if (!response.headers.find(name)) response.headers.set(name, value);
    };
    add("X-Content-Type-Options", "nosniff");
    add("Referrer-Policy", "same-origin");
    add("X-Request-Id", request.id);
    auto const type = std::string(response.headers.get("content-type"));
    if (type.starts_with("application/json") || type.starts_with("application/problem+json"))
        add("Cache-Control", "no-store");
    if (type.starts_with("text/html")) add("Content-Security-Policy", page_policy);
}

std::string format_head(Response const& response, Framing const& framing) {
    namespace beast_http = boost::beast::http;
    auto const reason = beast_http::obsolete_reason(beast_http::int_to_status(response.status));
    std::string head;
    head.reserve(512);
    head += fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                        std::string_view(reason.data(), reason.size()), http_date());
    for (auto const& [name, value] : response.headers) {
        if (is_ours(name)) continue;
        if (!is_safe(name) || !is_safe(value)) {
            log::error("header_dropped", {{"name", name}, {"value", value}});
            continue;
        }
        head += fmt::format("{}: {}\r\n", name, value);
    }
    if (framing.length) head += fmt::format("Content-Length: {}\r\n", *framing.length);
    if (framing.chunked) head += "Transfer-Encoding: chunked\r\n";
    head += framing.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    return head;
}

bool is_not_modified(Request const& request, Response const& response) {
    if (response.status != 200 || (request.method != "GET" && request.method != "HEAD"))
        return false;
    auto const tag = response.headers.get("etag");
    auto const wanted = request.headers.find("if-none-match");
    if (tag.empty() || !wanted) return false;
    return std::ranges::any_of(split(*wanted, ','), [&](std::string_view candidate) {
        candidate = trimmed(candidate);
        return candidate == "*" || without_weak_mark(candidate) == without_weak_mark(tag);
    });
}

}  // namespace carrel::http
