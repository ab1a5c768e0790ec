#include "auth/provider/provider_url.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <array>

namespace carrel {

namespace {

bool has_host(std::string_view rest) {
    auto const host = rest.substr(0, rest.find_first_of("/?#"));
    return !host.empty() && host.find('@') == std::string_view::npos;
}

}  // namespace

bool is_provider_url(std::string_view url) {
    if (!is_printable_utf8(url) || url.find_first_of(" \t\r\n\\\"<>") != std::string_view::npos)
        return false;
    if (url.starts_with("https://")) return has_host(url.substr(8));
    constexpr std::array<std::string_view, 3> local{"http://127.0.0.1", "http://localhost",
                                                    "http://[::1]"};
    return std::ranges::any_of(local, [&](auto begin) {
        if (!url.starts_with(begin)) return false;
        auto const rest = url.substr(begin.size());
        return (rest.empty() || rest.front() == ':' || rest.front() == '/') &&
               has_host(url.substr(7));
    });
}

bool is_own_path(std::string_view path) {
    // "//host" and "/\host" are other sites to a browser, which drops control characters first.
    if (path.empty() || path.front() != '/' || path.size() > 2048) return false;
    if (path.size() > 1 && (path[1] == '/' || path[1] == '\\')) return false;
    return std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7f && c != '\\'; });
}

}  // namespace carrel
