#include "base/encoding.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace carrel {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view upper_hex_digits = "0123456789ABCDEF";
constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/// The length of the well-formed UTF-8 sequence at the front of `text`, or 0.
size_t sequence_length(std::string_view text) {
    auto const byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
    auto const continues = [&](size_t i, uint8_t low = 0x80, uint8_t high = 0xbf) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    auto const first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        // E0 must not be overlong, ED must not encode a surrogate.
        uint8_t const low = first == 0xe0 ? 0xa0 : 0x80;
        uint8_t const high = first == 0xed ? 0x9f : 0xbf;
        return continues(1, low, high) && continues(2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        uint8_t const low = first == 0xf0 ? 0x90 : 0x80;
        uint8_t const high = first == 0xf4 ? 0x8f : 0xbf;
        return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (char const c : bytes) {
        auto const byte = static_cast<uint8_t>(c);
        text += hex_digits[byte >> 4U];
        text += hex_digits[byte & 15U];
    }
    return text;
}

std::string to_base64url(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    uint32_t bits = 0;
    unsigned count = 0;
    for (char const c : bytes) {
        bits = (bits << 8U) | static_cast<uint8_t>(c);
        for (count += 8; count >= 6; count -= 6) text += base64_digits[(bits >> (count - 6)) & 63U];
    }
    if (count > 0) text += base64_digits[(bits << (6 - count)) & 63U];
    return text;
}

Result<std::string> from_base64url(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    uint32_t bits = 0;
    unsigned count = 0;
    for (char const c : text) {
        auto const value = base64_digits.find(c);
        if (value == std::string_view::npos) return fail(Code::InvalidArgument, "not base64url");
        bits = (bits << 6U) | static_cast<uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>((bits >> count) & 255U);
        }
    }
    // Leftover bits must be fewer than one digit and zero, so that each text has one meaning.
    if (count >= 6 || (bits & ((1U << count) - 1U)) != 0)
        return fail(Code::InvalidArgument, "not base64url");
    return bytes;
}

std::string percent_encode(std::string_view text, std::string_view also_plain) {
    std::string encoded;
    encoded.reserve(text.size());
    for (char const c : text) {
        if (is_unreserved(c) || also_plain.find(c) != std::string_view::npos) {
            encoded += c;
            continue;
        }
        auto const byte = static_cast<uint8_t>(c);
        encoded += '%';
        encoded += upper_hex_digits[byte >> 4U];
        encoded += upper_hex_digits[byte & 15U];
    }
    return encoded;
}

Result<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return fail(Code::InvalidArgument, "malformed percent-encoding");
        int const high = hex_value(text[i + 1]);
        int const low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return fail(Code::InvalidArgument, "malformed percent-encoding");
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return decoded;
}

bool is_printable_utf8(std::string_view text) {
    while (!text.empty()) {
        auto const length = sequence_length(text);
        if (length == 0) return false;
        auto const c = static_cast<uint8_t>(text[0]);
        if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r')) return false;
        text.remove_prefix(length);
    }
    return true;
}

size_t utf8_length(std::string_view text) {
    return static_cast<size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<uint8_t>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace carrel
