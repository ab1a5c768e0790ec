#include "proxy/message/head.hpp"

#include "proxy/message/characters.hpp"

#include <algorithm>
#include <cstring>

namespace carrel::proxy {

namespace {

constexpr HeadProblem too_large{431, "the request head is larger than 64 KiB"};

std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

/// Calls `visit` for each non-empty element of a comma-separated list.
template <class Visit>
void for_each_element(std::string_view list, Visit visit) {
    while (!list.empty()) {
        auto const comma = std::min(list.find(','), list.size());
        auto const element = without_blanks(list.substr(0, comma));
        if (!element.empty()) visit(element);
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
}

std::optional<HeadProblem> read_content_length(std::string_view value, Framing& framing) {
    if (framing.content_length) return HeadProblem{400, "several Content-Length fields"};
    if (value.empty() || value.size() > 18 || !std::ranges::all_of(value, is_digit))
        return HeadProblem{400, "Content-Length is not a number"};
    uint64_t length = 0;
    for (char const c : value) length = length * 10 + static_cast<uint64_t>(c - '0');
    framing.content_length = length;
    return {};
}

void read_connection(std::string_view value, Framing& framing) {
    for_each_element(value, [&](std::string_view element) {
        if (same_name(element, "close"))
            framing.close = true;
        else if (same_name(element, "keep-alive"))
            framing.keep_alive = true;
        else if (same_name(element, "upgrade"))
            framing.upgrade = true;
        else
            framing.names_fields = true;
    });
}

std::optional<HeadProblem> read_framing(Field const& field, Framing& framing) {
    switch (field.known) {
        case Known::ContentLength:
            return read_content_length(field.value, framing);
        case Known::TransferEncoding:
            if (framing.chunked) return HeadProblem{400, "several Transfer-Encoding fields"};
            if (!same_name(field.value, "chunked"))
                return HeadProblem{400, "a Transfer-Encoding other than chunked"};
            framing.chunked = true;
            return {};
        case Known::Connection:
            read_connection(field.value, framing);
            return {};
        case Known::Disguised:
            if (lower_ascii(field.name.front()) == 'x') return {};  // merely not passed on
            return HeadProblem{400, "a framing field with '_' for '-'"};
        default:
            return {};
    }
}

// Most of a request's time in the program goes by in the next two. They stay functions of their
// own: inlined, the compiler keeps half a dozen counters up to date for each byte.

/// The first byte that is no token's; there has to be one.
[[gnu::noinline]] char const* end_of_token(char const* text) {
    while (is_token(*text)) ++text;
    return text;
}

/// The first byte that may not stand in a field's value, or `end`.
[[gnu::noinline]] char const* end_of_value(char const* text, char const* end) {
    using Block = unsigned char __attribute__((vector_size(16)));
    while (end - text >= static_cast<ptrdiff_t>(sizeof(Block))) {
        Block block;
        std::memcpy(&block, text, sizeof(block));
        auto const controls = (block < 0x20) | (block == 0x7f);
        if (__builtin_reduce_or(controls) != 0) break;
        text += sizeof(block);
    }
    while (text != end && is_value(*text)) ++text;
    return text;
}

/// The first of the lines in `bytes`, each of which ends with CRLF; takes it away.
std::optional<HeadProblem> parse_field(std::string_view& bytes, Fields& fields, Framing& framing) {
    auto const* const begin = bytes.data();
    auto const* const end = begin + bytes.size();
    auto const* const colon = end_of_token(begin);
    if (colon == begin)
        return HeadProblem{
            400, is_blank(*begin) ? "a folded header field" : "a header field without a name"};
    if (*colon != ':') return HeadProblem{400, "a malformed header field name"};
    auto const* const line_end = end_of_value(colon + 1, end);
    if (line_end - begin > static_cast<ptrdiff_t>(largest_field_line))
        return HeadProblem{431, "a header field longer than 16 KiB"};
    if (end - line_end < 2 || line_end[0] != '\r' || line_end[1] != '\n')
        return HeadProblem{400, "a control character in a header field"};
    bytes = {line_end + 2, end};
    std::string_view const name(begin, colon);
    std::string_view const value(colon + 1, line_end);
    Field const field{name, without_blanks(value), known_field(name)};
    if (!fields.add(field)) return HeadProblem{431, "more than 100 header fields"};
    return read_framing(field, framing);
}

/// The lines after the first; `bytes` ends with the empty line.
std::optional<HeadProblem> parse_fields(std::string_view bytes, Fields& fields, Framing& framing) {
    fields.clear();
    framing = {};
    while (bytes.size() > 2)
        if (auto problem = parse_field(bytes, fields, framing)) return problem;
    if (framing.chunked && framing.content_length)
        return HeadProblem{400, "both Content-Length and Transfer-Encoding"};
    return {};
}

}  // namespace

std::optional<std::string_view> Fields::find(Known known) const {
    for (auto const& field : *this)
        if (field.known == known) return field.value;
    return {};
}

std::expected<size_t, HeadProblem> HeadScanner::scan(std::string_view bytes) {
    auto const allowed = bytes.substr(0, largest_head);
    while (scanned_ < allowed.size()) {
        auto const* const start = allowed.data() + scanned_;
        auto const* const found = std::memchr(start, '\n', allowed.size() - scanned_);
        if (found == nullptr) {
            scanned_ = static_cast<uint32_t>(allowed.size());
            break;
        }
        auto const end = static_cast<uint32_t>(static_cast<char const*>(found) - allowed.data());
        if (end == line_ || allowed[end - 1] != '\r')
            return std::unexpected(HeadProblem{400, "a line that does not end with CRLF"});
        bool const empty = end == line_ + 1;
        // RFC 9112 section 2.2 lets an empty line or two precede the request line.
        bool const leading = empty && line_ <= 2;
        if (empty && line_ == 4 && allowed.starts_with("\r\n\r\n"))
            return std::unexpected(HeadProblem{400, "empty lines instead of a request"});
        line_ = scanned_ = end + 1;
        if (empty && !leading) return size_t{line_};
    }
    if (bytes.size() >= largest_head) return std::unexpected(too_large);
    return 0;
}

std::optional<HeadProblem> parse(std::string_view bytes, ResponseHead& head) {
    auto const end = bytes.find('\n');
    auto const line = bytes.substr(0, end - 1);
    constexpr HeadProblem malformed{502, "a malformed status line"};
    if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[8] != ' ') return malformed;
    if (line[7] != '0' && line[7] != '1') return malformed;
    head.minor_version = static_cast<unsigned>(line[7] - '0');
    head.status = 0;
    for (char const c : line.substr(9, 3)) {
        if (!is_digit(c)) return malformed;
        head.status = head.status * 10 + static_cast<unsigned>(c - '0');
    }
    if (head.status < 100 || (line.size() > 12 && line[12] != ' ')) return malformed;
    head.reason = line.size() > 13 ? line.substr(13) : std::string_view();
    if (!std::ranges::all_of(head.reason, is_value)) return malformed;
    if (auto problem = parse_fields(bytes.substr(end + 1), head.fields, head.framing)) {
        problem->status = 502;
        return problem;
    }
    if (head.framing.chunked && head.minor_version == 0)
        return HeadProblem{502, "Transfer-Encoding in HTTP/1.0"};
    return {};
}

bool list_has(std::string_view list, std::string_view element) {
    bool found = false;
    for_each_element(list, [&](std::string_view each) { found |= same_name(each, element); });
    return found;
}

bool is_named_by_connection(Fields const& fields, std::string_view name) {
    return std::ranges::any_of(fields, [&](Field const& field) {
        return field.known == Known::Connection && list_has(field.value, name);
    });
}

std::optional<HeadProblem> parse_request_fields(std::string_view bytes, RequestHead& head) {
    return parse_fields(bytes, head.fields, head.framing);
}

}  // namespace carrel::proxy
