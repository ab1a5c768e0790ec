#include "homes/local/archive_name.hpp"

#include <fmt/format.h>

namespace carrel {

namespace {

/// How many bytes the well-formed sequence at the beginning has (RFC 3629); 0: there is none.
size_t sequence_length(std::string_view bytes) {
    auto const at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
    auto const first = at(0);
    if (first < 0x80) return 1;
    size_t length = 0;
    unsigned char least = 0x80;
    unsigned char most = 0xBF;
    if (first >= 0xC2 && first <= 0xDF) length = 2;
    if (first >= 0xE0 && first <= 0xEF) length = 3;
    if (first >= 0xF0 && first <= 0xF4) length = 4;
    if (first == 0xE0) least = 0xA0;
    if (first == 0xED) most = 0x9F;
    if (first == 0xF0) least = 0x90;
    if (first == 0xF4) most = 0x8F;
    if (length == 0 || bytes.size() < length || at(1) < least || at(1) > most) return 0;
    for (size_t i = 2; i < length; ++i)
        if (at(i) < 0x80 || at(i) > 0xBF) return 0;
    return length;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        auto const length = sequence_length(bytes);
        if (length == 0) return false;
        bytes.remove_prefix(length);
    }
    return true;
}

std::string archive_name(std::string const& name,
                         std::function<bool(std::string const&)> const& taken) {
    if (is_utf8(name)) return name;
    auto escaped = escaped_name(name);
    while (taken(escaped)) escaped += '~';
    return escaped;
}

std::string escaped_name(std::string_view name) {
    std::string escaped;
    while (!name.empty()) {
        auto const length = sequence_length(name);
        if (length == 0 || name.front() == '%')
            escaped += fmt::format("%{:02X}", static_cast<unsigned char>(name.front()));
        else
            escaped += name.substr(0, length);
        name.remove_prefix(length == 0 ? 1 : length);
    }
    return escaped;
}

}  // namespace carrel
