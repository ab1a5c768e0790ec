#include "proxy/http2/request.hpp"

#include "base/random.hpp"
#include "proxy/message/characters.hpp"

#include <algorithm>
#include <utility>

namespace carrel::proxy {

namespace {

/// What each field counts beyond its name and value (RFC 9113 section 6.5.2).
constexpr size_t field_overhead = 32;

bool is_lower_case_token(std::string_view name) {
    return !name.empty() &&
           std::ranges::all_of(name, [](char c) { return is_token(c) && lower_ascii(c) == c; });
}

bool is_connection_specific(Known known) {
    return known == Known::Connection || known == Known::KeepAlive ||
           known == Known::ProxyConnection || known == Known::TransferEncoding ||
           known == Known::Upgrade;
}

/// The nonce that HTTP/1.1 wants in an upgrade and RFC 8441 leaves out: 16 bytes in base64.
std::string websocket_key() {
    auto key = SystemRandom().secret(16);
    std::ranges::replace(key, '-', '+');
    std::ranges::replace(key, '_', '/');
    return key + "==";
}

}  // namespace

void Http2Request::add(std::string_view name, std::string_view value) {
    size_ += name.size() + value.size() + field_overhead;
    if (size_ > largest_head) {
        // Only counted from here on.
        problem_ = HeadProblem{431, "the request head is larger than 64 KiB"};
        text_ = {};
        cookie_ = {};
        return;
    }
    if (problem_) return;
    if (!std::ranges::all_of(value, is_value)) return refuse("a control character in a field");
    if (!value.empty() && (is_blank(value.front()) || is_blank(value.back())))
        return refuse("a blank at the end of a field");
    if (name.starts_with(':'))
        add_pseudo(name, value);
    else
        add_field(name, value);
}

void Http2Request::add_pseudo(std::string_view name, std::string_view value) {
    auto* const place = name == ":method"      ? &method_
                        : name == ":path"      ? &path_
                        : name == ":authority" ? &authority_
                        : name == ":scheme"    ? &scheme_
                        : name == ":protocol"  ? &protocol_
                                               : nullptr;
    if (place == nullptr) return refuse("an unknown pseudo-header field");
    if (line_written_) return refuse("a pseudo-header field after a regular one");
    if (!place->empty()) return refuse("a pseudo-header field twice");
    if (value.empty()) return refuse("an empty pseudo-header field");
    *place = value;
}

void Http2Request::add_field(std::string_view name, std::string_view value) {
    if (!line_written_) write_request_line();
    if (!is_lower_case_token(name)) return refuse("a malformed field name");
    auto const known = known_field(name);
    if (is_connection_specific(known)) return refuse("a field that is for HTTP/1.1 alone");
    if (known == Known::Te && value != "trailers") return refuse("te other than trailers");
    if (known == Known::Te || known == Known::Http2Settings) return;
    if (known == Known::Cookie) {
        if (!cookie_.empty()) cookie_ += "; ";
        cookie_ += value;
        return;
    }
    if (known == Known::Host) {
        if (has_host_) {
            if (!same_name(value, authority_)) refuse("host and :authority differ");
            return;
        }
        has_host_ = true;
        authority_ = value;
    }
    if (known == Known::ContentLength) {
        if (is_upgrade()) return refuse("content-length of an extended CONNECT");
        has_length_ = true;
    }
    if (is_upgrade() && name == "sec-websocket-key") return;
    put_field(name, value);
}

void Http2Request::put_field(std::string_view name, std::string_view value) {
    text_.append(name).append(": ").append(value).append("\r\n");
}

void Http2Request::write_request_line() {
    line_written_ = true;
    text_.reserve(1024);
    bool const connect = method_ == "CONNECT";
    if (method_.empty() || !std::ranges::all_of(method_, is_token))
        return refuse("a malformed :method");
    if (!protocol_.empty() && !connect) return refuse(":protocol without CONNECT");
    if (connect && protocol_.empty()) {
        if (!path_.empty() || !scheme_.empty()) return refuse("CONNECT with :path or :scheme");
        path_ = authority_;  // refused with 405 by the parser
    } else {
        if (scheme_ != "http" && scheme_ != "https") return refuse("an unknown :scheme");
        if (!path_.starts_with('/') && path_ != "*") return refuse("a malformed :path");
    }
    if (path_.empty() || !std::ranges::all_of(path_, is_target))
        return refuse("a character in :path that must be percent-encoded");
    bool const websocket = is_upgrade() && same_name(protocol_, "websocket");
    text_.append(websocket ? "GET" : method_).append(" ").append(path_).append(" HTTP/1.1\r\n");
    if (!authority_.empty()) {
        has_host_ = true;
        put_field("host", authority_);
    }
    if (websocket) {
        text_.append("connection: Upgrade\r\nupgrade: websocket\r\n");
        put_field("sec-websocket-key", websocket_key());
    } else {
        // A stream carries one request.
        text_.append("connection: close\r\n");
    }
}

std::expected<Http2Request::Head, HeadProblem> Http2Request::finish(bool has_body) {
    auto done = std::exchange(*this, {});
    if (!done.line_written_ && !done.problem_) done.write_request_line();
    if (done.problem_) return std::unexpected(*done.problem_);
    if (!done.cookie_.empty()) done.put_field("cookie", done.cookie_);
    bool const websocket = done.is_upgrade() && same_name(done.protocol_, "websocket");
    bool const chunked = has_body && !done.has_length_ && done.method_ != "CONNECT";
    if (chunked) done.put_field("transfer-encoding", "chunked");
    done.text_.append("\r\n");
    return Head{.text = std::move(done.text_),
                .chunked = chunked,
                .websocket = websocket,
                .is_head = done.method_ == "HEAD"};
}

}  // namespace carrel::proxy
