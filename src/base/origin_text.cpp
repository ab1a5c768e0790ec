#include "base/origin_text.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace carrel {

bool is_host_name(std::string_view text) {
    return !text.empty() && text.size() <= 200 && !text.starts_with('.') && !text.ends_with('.') &&
           text.find("..") == std::string_view::npos && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
           });
}

bool is_origin(std::string_view text) {
    for (std::string_view const scheme : {"https://", "http://"}) {
        if (!text.starts_with(scheme)) continue;
        auto const authority = text.substr(scheme.size());
        auto const colon = authority.find(':');
        if (!is_host_name(authority.substr(0, colon))) return false;
        if (colon == std::string_view::npos) return true;
        auto const port = parse_whole(authority.substr(colon + 1));
        return port && *port > 0 && *port < 65536;
    }
    return false;
}

std::string_view without_usual_port(std::string_view authority, std::string_view scheme) {
    std::string_view const port = scheme == "https" ? ":443" : ":80";
    if (authority.ends_with(port)) authority.remove_suffix(port.size());
    return authority;
}

}  // namespace carrel
