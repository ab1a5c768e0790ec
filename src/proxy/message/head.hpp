#pragma once

/// The one parser of HTTP/1.1 heads (RFC 9112), strict on purpose: whatever two servers could read
/// in two ways is refused, so that the upstream sees exactly the request that was authorized.
///
/// Parsing allocates nothing. What a head refers to lives in the caller's buffer.

#include "proxy/message/known_field.hpp"

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>

namespace carrel::proxy {

inline constexpr size_t largest_head = 65536;
inline constexpr size_t largest_field_line = 16384;
inline constexpr size_t most_fields = 100;
inline constexpr size_t largest_target = 16384;

struct Field {
    std::string_view name;
    std::string_view value;  ///< without surrounding blanks
    Known known;
};

class Fields {
public:
    [[nodiscard]] bool add(Field field) {
        if (count_ == most_fields) return false;
        fields_[count_++] = field;
        return true;
    }
    void clear() { count_ = 0; }
    [[nodiscard]] auto begin() const { return fields_.begin(); }
    [[nodiscard]] auto end() const { return fields_.begin() + count_; }
    /// The first value of a known field; nothing when absent.
    [[nodiscard]] std::optional<std::string_view> find(Known known) const;

private:
    std::array<Field, most_fields> fields_;
    uint32_t count_ = 0;
};

/// Why a head is refused. `reason` is a constant, fit for a log line and for the client.
struct HeadProblem {
    unsigned status;
    std::string_view reason;
};

/// What is common to both kinds of head, read from Connection, Content-Length and
/// Transfer-Encoding.
struct Framing {
    std::optional<uint64_t> content_length;
    bool chunked = false;
    bool close = false;       ///< Connection: close
    bool keep_alive = false;  ///< Connection: keep-alive, which matters to HTTP/1.0
    bool upgrade = false;     ///< Connection: upgrade
    /// Connection names other fields, which are then for this hop only.
    bool names_fields = false;
};

struct RequestHead {
    std::string_view method;
    /// In origin form ("/path?query"), or "*" for OPTIONS. The authority of an absolute form has
    /// been found equal to Host and cut off.
    std::string_view target;
    std::string_view path;  ///< the target up to "?"
    std::string_view host;  ///< "" only in HTTP/1.0
    unsigned minor_version = 1;
    Fields fields;
    Framing framing;
    bool websocket = false;  ///< asks for an upgrade to "websocket" in the one way that is valid
    bool expects_continue = false;
};

struct ResponseHead {
    unsigned minor_version = 1;
    unsigned status = 0;
    std::string_view reason;
    Fields fields;
    Framing framing;
};

/// Finds the end of a head as its bytes arrive, and refuses early what can never become one.
class HeadScanner {
public:
    /// The head's length with its final empty line; 0 while it is incomplete. `bytes` must begin
    /// with those of the call before.
    [[nodiscard]] std::expected<size_t, HeadProblem> scan(std::string_view bytes);
    void reset() { *this = {}; }

private:
    uint32_t line_ = 0;     ///< where the line that is being read begins
    uint32_t scanned_ = 0;  ///< everything before it has been looked at
};

/// `bytes` is a whole head, as long as `HeadScanner` said. Returns what is wrong with it, if
/// anything; then `head` is unspecified.
[[nodiscard]] std::optional<HeadProblem> parse(std::string_view bytes, RequestHead& head);
[[nodiscard]] std::optional<HeadProblem> parse(std::string_view bytes, ResponseHead& head);

/// Only the first line, with its line break: to refuse it before the rest has arrived.
[[nodiscard]] std::optional<HeadProblem> parse_request_line(std::string_view line,
                                                            RequestHead& head);

/// True when `name` is an element of any Connection field, and so for this hop only.
[[nodiscard]] bool is_named_by_connection(Fields const& fields, std::string_view name);

/// True when the comma-separated `list` has `element`, in any case.
[[nodiscard]] bool list_has(std::string_view list, std::string_view element);

}  // namespace carrel::proxy
