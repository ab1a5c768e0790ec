#include "proxy/message/cookies.hpp"

#include "proxy/message/known_field.hpp"

#include <algorithm>

namespace carrel::proxy {

namespace {

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && same_name(text.substr(0, prefix.size()), prefix);
}

/// Whether the one cookie that a Set-Cookie field sets is among those that `is_meant` knows.
template <class Meant>
bool sets(std::string_view set_cookie, Meant is_meant) {
    bool found = false;
    // Browsers read a cookie without "=" as a value without a name, which they send back just as a
    // name would be; so the whole first pair is looked at, and a value that looks like a pair too.
    for_each_cookie(set_cookie.substr(0, set_cookie.find(';')),
                    [&](std::string_view name, std::string_view value, std::string_view) {
                        while (value.starts_with(' ') || value.starts_with('\t'))
                            value.remove_prefix(1);
                        found = is_meant(name) || (name.empty() && is_meant(value));
                        return true;
                    });
    return found;
}

}  // namespace

bool is_own_cookie(std::string_view name) {
    for (std::string_view const prefix : {"__host-", "__secure-"})
        if (starts_with_ignoring_case(name, prefix)) {
            name.remove_prefix(prefix.size());
            break;
        }
    return starts_with_ignoring_case(name, "carrel_");
}

bool sets_own_cookie(std::string_view set_cookie) { return sets(set_cookie, is_own_cookie); }

bool sets_hub_cookie(std::string_view set_cookie) {
    return sets(set_cookie, [](std::string_view name) {
        name = name.substr(0, name.find('='));
        return same_name(name, "jupyterhub-session-id") || same_name(name, "jupyterhub-hub-login");
    });
}

bool has_own_cookie(std::string_view cookie) {
    bool own = false;
    for_each_cookie(cookie, [&](std::string_view name, std::string_view, std::string_view) {
        return own = is_own_cookie(name);
    });
    return own;
}

bool append_foreign_cookies(Buffer& buffer, BufferPool& pool, std::string_view cookie) {
    bool first = true;
    for_each_cookie(cookie, [&](std::string_view name, std::string_view, std::string_view pair) {
        if (is_own_cookie(name)) return false;
        if (!first && !buffer.append(pool, "; ")) return true;
        first = false;
        return !buffer.append(pool, pair);
    });
    return !first;
}

}  // namespace carrel::proxy
