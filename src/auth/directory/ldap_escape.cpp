#include "auth/directory/ldap_escape.hpp"

#include <fmt/format.h>

namespace carrel {

namespace {

bool is_plain(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') ||
           std::string_view("@._-").find(letter) != std::string_view::npos;
}

}  // namespace

std::string ldap_escaped(std::string_view text) {
    std::string escaped;
    for (char const letter : text) {
        if (is_plain(letter)) {
            escaped += letter;
        } else {
            escaped += fmt::format("\\{:02x}", static_cast<unsigned char>(letter));
        }
    }
    return escaped;
}

std::string ldap_filled(std::string_view pattern,
                        std::vector<std::pair<std::string_view, std::string_view>> const& values) {
    std::string filled;
    while (!pattern.empty()) {
        auto const* const found = [&]() -> std::pair<std::string_view, std::string_view> const* {
            for (auto const& each : values)
                if (pattern.starts_with(fmt::format("{{{}}}", each.first))) return &each;
            return nullptr;
        }();
        // In one pass: what was put in is not looked at again.
        if (found == nullptr) {
            filled += pattern.front();
            pattern.remove_prefix(1);
        } else {
            filled += ldap_escaped(found->second);
            pattern.remove_prefix(found->first.size() + 2);
        }
    }
    return filled;
}

}  // namespace carrel
