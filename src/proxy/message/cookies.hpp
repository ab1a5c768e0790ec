#pragma once

/// Keeps Carrel's own cookies between the browser and Carrel: servers neither see nor set them.

#include "proxy/data_plane/buffer.hpp"

#include <optional>
#include <string_view>

namespace carrel::proxy {

/// True for "carrel_…", also after "__Host-" or "__Secure-", in any case.
[[nodiscard]] bool is_own_cookie(std::string_view name);

/// True when a Set-Cookie field's value sets one of ours.
[[nodiscard]] bool sets_own_cookie(std::string_view set_cookie);

/// True when it sets one of those by which a hub tells servers who has logged in anew or out:
/// "jupyterhub-session-id" and "jupyterhub-hub-login".
[[nodiscard]] bool sets_hub_cookie(std::string_view set_cookie);

/// True when a Cookie field's value has one of ours.
[[nodiscard]] bool has_own_cookie(std::string_view cookie);

/// Appends a Cookie field's value without ours. False when nothing is left, or there is no room.
[[nodiscard]] bool append_foreign_cookies(Buffer& buffer, BufferPool& pool,
                                          std::string_view cookie);

/// Calls `visit(name, value)` for each cookie of a Cookie field's value, as RFC 6265 section 5.4
/// orders them, until it returns true.
template <class Visit>
void for_each_cookie(std::string_view cookie, Visit visit) {
    while (!cookie.empty()) {
        auto pair = cookie.substr(0, cookie.find(';'));
        cookie.remove_prefix(pair.size() < cookie.size() ? pair.size() + 1 : pair.size());
        while (!pair.empty() && (pair.front() == ' ' || pair.front() == '\t'))
            pair.remove_prefix(1);
        while (!pair.empty() && (pair.back() == ' ' || pair.back() == '\t')) pair.remove_suffix(1);
        if (pair.empty()) continue;
        auto const equals = pair.find('=');
        auto name = pair.substr(0, equals);
        while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
        auto const value =
            equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
        if (visit(name, value, pair)) return;
    }
}

}  // namespace carrel::proxy
