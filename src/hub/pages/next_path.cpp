#include "hub/pages/next_path.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace carrel::jupyterhub {

namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// A slash that is encoded may be part of a file's path, but not of a way up.
bool is_clean_segment(std::string_view segment) {
    auto const decoded = percent_decode(segment);
    if (!decoded || decoded->find('\\') != std::string::npos) return false;
    if (std::ranges::any_of(*decoded, is_control)) return false;
    return std::ranges::all_of(split(*decoded, '/'), [](std::string_view part) {
        return !part.empty() && part != "." && part != "..";
    });
}

}  // namespace

bool is_place_in(std::string_view next, std::string_view base) {
    if (base.empty() || !next.starts_with(base)) return false;
    if (std::ranges::any_of(next, is_control)) return false;
    auto const path = next.substr(0, next.find_first_of("?#"));
    if (path.size() < base.size()) return false;
    auto const segments = split(path.substr(base.size()), '/');
    if (segments[0] != "hub" && segments[0] != "user") return false;
    for (size_t i = 0; i < segments.size(); ++i) {
        bool const last = i + 1 == segments.size();
        if (last && i > 0 && segments[i].empty()) continue;  // one slash at the end
        if (!is_clean_segment(segments[i])) return false;
    }
    // Whose server it is must not depend on who decodes.
    if (segments[0] == "user" && segments.size() > 1)
        return segments[1].empty() || percent_decode(segments[1])->find('/') == std::string::npos;
    return true;
}

std::string place_in(std::string_view next, std::string_view base, std::string_view otherwise) {
    if (!is_place_in(next, base)) return std::string(otherwise);
    std::string place;
    for (auto const c : next) {
        bool const plain = c > 0x20 && c < 0x7f &&
                           std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
        place += plain ? std::string(1, c) : percent_encode(std::string(1, c));
    }
    return place;
}

std::string as_it_is_now(HubPaths const& paths, std::string_view next) {
    return paths.at_root(next).value_or(std::string(next));
}

std::string_view rest_of(std::string_view target, int segments) {
    for (auto left = segments + 1; left > 0; --left) {
        auto const end = target.find_first_of("/?#");
        if (end == std::string_view::npos) return {};
        if (target[end] != '/') return target.substr(end);
        target.remove_prefix(end + 1);
    }
    return target;
}

}  // namespace carrel::jupyterhub
