#include "proxy/message/characters.hpp"
#include "proxy/message/head.hpp"

#include <algorithm>

namespace carrel::proxy {

// In head.cpp.
std::optional<HeadProblem> parse_request_fields(std::string_view bytes, RequestHead& head);

namespace {

constexpr size_t longest_method = 32;

bool is_port(std::string_view text) {
    return text.size() <= 5 && std::ranges::all_of(text, is_digit);
}

/// `uri-host [ ":" port ]` with the host names that exist: letters, digits, "-", ".", "_", "~", or
/// an IP literal in brackets.
bool is_authority(std::string_view text) {
    if (text.starts_with('[')) {
        auto const close = text.find(']');
        if (close == std::string_view::npos || close < 3) return false;
        bool const literal = std::ranges::all_of(text.substr(1, close - 1), [](char c) {
            return hex_digit(c) >= 0 || c == ':' || c == '.';
        });
        auto const rest = text.substr(close + 1);
        return literal && (rest.empty() || (rest[0] == ':' && is_port(rest.substr(1))));
    }
    auto const colon = std::min(text.find(':'), text.size());
    auto const name = text.substr(0, colon);
    return !name.empty() && name.size() <= 255 && std::ranges::all_of(name, is_host) &&
           (colon == text.size() || is_port(text.substr(colon + 1)));
}

std::optional<HeadProblem> parse_version(std::string_view version, RequestHead& head) {
    if (version == "HTTP/1.1" || version == "HTTP/1.0") {
        head.minor_version = version.back() == '1' ? 1 : 0;
        return {};
    }
    bool const other = version.size() == 8 && version.starts_with("HTTP/") &&
                       is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
    if (other) return HeadProblem{505, "an HTTP version other than 1.0 and 1.1"};
    return HeadProblem{400, "a malformed request line"};
}

/// Splits "http://authority/path" and keeps the authority in `head.host` until Host is checked.
std::optional<HeadProblem> parse_absolute_form(RequestHead& head) {
    auto const scheme_end = head.target.find("://");
    auto const scheme = head.target.substr(0, std::min(scheme_end, head.target.size()));
    if (scheme_end == std::string_view::npos ||
        (!same_name(scheme, "http") && !same_name(scheme, "https")))
        return HeadProblem{400, "a malformed request target"};
    auto const rest = head.target.substr(scheme_end + 3);
    auto const authority = rest.substr(0, std::min(rest.find_first_of("/?"), rest.size()));
    if (!is_authority(authority)) return HeadProblem{400, "a malformed authority in the target"};
    head.host = authority;
    head.target = rest.substr(authority.size());
    if (head.target.empty()) head.target = "/";
    if (head.target.front() != '/') return HeadProblem{400, "a request target without a path"};
    return {};
}

std::optional<HeadProblem> parse_target(RequestHead& head) {
    head.host = {};
    if (!std::ranges::all_of(head.target, is_target))
        return HeadProblem{400, "a character in the target that must be percent-encoded"};
    if (head.target == "*") {
        if (head.method != "OPTIONS") return HeadProblem{400, "a malformed request target"};
        head.path = head.target;
        return {};
    }
    if (head.target.front() != '/')
        if (auto problem = parse_absolute_form(head)) return problem;
    head.path = head.target.substr(0, std::min(head.target.find('?'), head.target.size()));
    if (head.path.find('\\') != std::string_view::npos)
        return HeadProblem{400, "a backslash in the path"};
    return {};
}

std::optional<HeadProblem> check_host(RequestHead& head) {
    auto const authority = head.host;
    unsigned hosts = 0;
    for (auto const& field : head.fields) {
        if (field.known != Known::Host) continue;
        if (++hosts > 1) return HeadProblem{400, "several Host fields"};
        head.host = field.value;
        if (!is_authority(head.host)) return HeadProblem{400, "a malformed Host field"};
    }
    if (hosts == 0 && head.minor_version == 1) return HeadProblem{400, "no Host field"};
    if (!authority.empty() && hosts > 0 && !same_name(authority, head.host))
        return HeadProblem{400, "a target for another host than Host says"};
    return {};
}

/// RFC 6455 section 4.1: GET, HTTP/1.1, "Connection: Upgrade", "Upgrade: websocket" and no body.
std::optional<HeadProblem> check_upgrade(RequestHead& head) {
    head.websocket = false;
    unsigned upgrades = 0;
    bool websocket = false;
    for (auto const& field : head.fields) {
        if (field.known != Known::Upgrade) continue;
        ++upgrades;
        websocket |= same_name(field.value, "websocket");
    }
    if (!websocket || !head.framing.upgrade || head.minor_version == 0) return {};
    if (upgrades > 1) return HeadProblem{400, "several Upgrade fields"};
    if (head.framing.chunked || head.framing.content_length.value_or(0) > 0)
        return HeadProblem{400, "an upgrade with a body"};
    head.websocket = head.method == "GET";
    return {};
}

std::optional<HeadProblem> check_expect(RequestHead& head) {
    head.expects_continue = false;
    auto const expect = head.fields.find(Known::Expect);
    if (!expect || head.minor_version == 0) return {};
    if (!same_name(*expect, "100-continue"))
        return HeadProblem{417, "an expectation other than 100-continue"};
    head.expects_continue = true;
    return {};
}

}  // namespace

std::optional<HeadProblem> parse_request_line(std::string_view line, RequestHead& head) {
    constexpr HeadProblem malformed{400, "a malformed request line"};
    line.remove_suffix(2);
    auto const method_end = line.find(' ');
    if (method_end == std::string_view::npos || method_end == 0) return malformed;
    head.method = line.substr(0, method_end);
    if (!std::ranges::all_of(head.method, is_token)) return malformed;
    if (method_end > longest_method) return HeadProblem{501, "an unknown method"};
    auto const rest = line.substr(method_end + 1);
    auto const target_end = rest.find(' ');
    if (target_end == 0) return malformed;
    if (std::min(target_end, rest.size()) > largest_target)
        return HeadProblem{414, "the request target is longer than 16 KiB"};
    if (target_end == std::string_view::npos) return malformed;
    head.target = rest.substr(0, target_end);
    if (auto problem = parse_version(rest.substr(target_end + 1), head)) return problem;
    if (head.method == "CONNECT" || head.method == "TRACE")
        return HeadProblem{405, "a method that this server does not offer"};
    return parse_target(head);
}

std::optional<HeadProblem> parse(std::string_view bytes, RequestHead& head) {
    while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
    auto const end = bytes.find('\n');
    if (auto problem = parse_request_line(bytes.substr(0, end + 1), head)) return problem;
    if (auto problem = parse_request_fields(bytes.substr(end + 1), head)) return problem;
    if (head.framing.chunked && head.minor_version == 0)
        return HeadProblem{400, "Transfer-Encoding in HTTP/1.0"};
    if (auto problem = check_host(head)) return problem;
    if (auto problem = check_upgrade(head)) return problem;
    return check_expect(head);
}

}  // namespace carrel::proxy
