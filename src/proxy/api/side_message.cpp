#include "proxy/api/side_message.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace carrel::proxy {

namespace {

std::optional<std::string> form_decode(std::string_view text) {
    std::string spaced(text);
    std::ranges::replace(spaced, '+', ' ');
    auto decoded = percent_decode(spaced);
    if (!decoded) return {};
    return *std::move(decoded);
}

}  // namespace

std::optional<std::string> SideRequest::query(std::string_view name) const {
    auto const mark = target.find('?');
    if (mark == std::string_view::npos) return {};
    for (auto const pair : split(target.substr(mark + 1), '&')) {
        auto const equals = pair.find('=');
        if (form_decode(pair.substr(0, equals)) != name) continue;
        return equals == std::string_view::npos ? "" : form_decode(pair.substr(equals + 1));
    }
    return {};
}

}  // namespace carrel::proxy
