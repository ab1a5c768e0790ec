#pragma once

/// The character classes of HTTP's grammar (RFC 9110 section 5.6, RFC 3986 section 2), as tables.

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace carrel::proxy {

using CharacterSet = std::array<bool, 256>;

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
[[nodiscard]] constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
[[nodiscard]] constexpr int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

template <class Predicate>
constexpr CharacterSet make_set(Predicate includes) {
    CharacterSet set = {};
    for (unsigned i = 0; i < set.size(); ++i) set[i] = includes(static_cast<char>(i));
    return set;
}

inline constexpr CharacterSet token_set = make_set([](char c) {
    return is_digit(c) || is_letter(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
});
/// Visible characters, blanks and bytes beyond ASCII.
inline constexpr CharacterSet value_set = make_set([](char c) {
    auto const byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
});
/// What a request target may hold: visible ASCII, but no fragment.
inline constexpr CharacterSet target_set =
    make_set([](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
inline constexpr CharacterSet host_set = make_set([](char c) {
    return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '_' || c == '~';
});

[[nodiscard]] constexpr bool is_token(char c) { return token_set[static_cast<unsigned char>(c)]; }
[[nodiscard]] constexpr bool is_value(char c) { return value_set[static_cast<unsigned char>(c)]; }
[[nodiscard]] constexpr bool is_target(char c) { return target_set[static_cast<unsigned char>(c)]; }
[[nodiscard]] constexpr bool is_host(char c) { return host_set[static_cast<unsigned char>(c)]; }

// Names are compared eight bytes at a time.

/// One byte, eight times over.
[[nodiscard]] constexpr uint64_t eight_of(unsigned char byte) { return byte * 0x0101010101010101U; }
[[nodiscard]] inline uint64_t eight_at(char const* bytes) {
    uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof(word));
    return word;
}
/// ASCII letters in lower case, everything else as it is.
[[nodiscard]] constexpr uint64_t lower_ascii(uint64_t word) {
    auto const seven_bits = word & eight_of(0x7f);
    auto const from_a = seven_bits + eight_of(0x80 - 'A');
    auto const beyond_z = seven_bits + eight_of(0x7f - 'Z');
    return word | ((((from_a ^ beyond_z) & ~word) & eight_of(0x80)) >> 2);
}
[[nodiscard]] constexpr char lower_ascii(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

/// The same ASCII letters in any case, and everything else alike.
[[nodiscard]] inline bool same_name(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    if (a.size() < 8) {
        for (size_t i = 0; i < a.size(); ++i)
            if (lower_ascii(a[i]) != lower_ascii(b[i])) return false;
        return true;
    }
    auto const same = [&](size_t at) {
        return lower_ascii(eight_at(a.data() + at)) == lower_ascii(eight_at(b.data() + at));
    };
    for (size_t at = 0; at + 8 < a.size(); at += 8)
        if (!same(at)) return false;
    return same(a.size() - 8);
}

}  // namespace carrel::proxy
