#include "spawn/docker/volume_name.hpp"

#include "base/encoding.hpp"

namespace carrel {

namespace {

constexpr std::string_view prefix = "carrel-";
constexpr std::string_view joint = "__";  // An escape never makes two in a row.
constexpr std::string_view digits = "0123456789abcdef";

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

std::string escaped(std::string_view text) {
    std::string result;
    for (auto const c : text) {
        if (is_plain(c)) {
            result += c;
            continue;
        }
        auto const byte = static_cast<unsigned char>(c);
        result += '_';
        result += digits[byte >> 4U];
        result += digits[byte & 0xFU];
    }
    return result;
}

Result<std::string> unescaped(std::string_view text) {
    std::string result;
    for (size_t at = 0; at < text.size(); ++at) {
        if (is_plain(text[at])) {
            result += text[at];
            continue;
        }
        auto const high = at + 1 < text.size() ? digits.find(text[at + 1]) : std::string::npos;
        auto const low = at + 2 < text.size() ? digits.find(text[at + 2]) : std::string::npos;
        if (text[at] != '_' || high == std::string::npos || low == std::string::npos)
            return fail(Code::InvalidArgument, "'{}' is not escaped as names of volumes are", text);
        result += static_cast<char>((high << 4U) | low);
        at += 2;
    }
    return result;
}

}  // namespace

std::string short_instance(std::string_view instance) {
    // Its own letters are not those of names.
    return to_hex(instance.substr(0, 6));
}

std::string volume_name(VolumeOwner const& owner) {
    return fmt::format("{}{}{}{}{}{}", prefix, escaped(owner.instance), joint,
                       escaped(owner.course), joint, escaped(owner.user));
}

Result<VolumeOwner> parse_volume_name(std::string_view name) {
    auto const first = name.find(joint);
    auto const second =
        first == std::string_view::npos ? first : name.find(joint, first + joint.size());
    if (!name.starts_with(prefix) || second == std::string_view::npos)
        return fail(Code::InvalidArgument, "'{}' is not the name of a home's volume", name);
    VolumeOwner owner;
    TRY(owner.instance, unescaped(name.substr(prefix.size(), first - prefix.size())));
    TRY(owner.course, unescaped(name.substr(first + 2, second - first - 2)));
    TRY(owner.user, unescaped(name.substr(second + 2)));
    if (volume_name(owner) != name)
        return fail(Code::InvalidArgument, "'{}' is not the name of a home's volume", name);
    return owner;
}

}  // namespace carrel
