#pragma once

/// Tells a hub's own pages and forms from other sites' and other people's, in JupyterHub's manner:
/// a value in the cookie `_xsrf` that comes back in a field, a header or the query.
///
/// Before the log-in the value is a signed time, the same for everybody's address; afterwards it
/// follows from the session's CSRF token, so that no value from before is good any more and there
/// is nothing to keep. The session's own token, in X-CSRF-Token, is as good.

#include "auth/csrf.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"

#include <string>
#include <string_view>

namespace carrel::jupyterhub {

inline constexpr std::string_view xsrf_cookie = "_xsrf";
inline constexpr Seconds anonymous_xsrf_lasts{3600};

/// What a log-in form carries before anybody is logged in. Thread-safe.
class LoginForms {
public:
    /// `key` is a secret of this instance.
    LoginForms(std::string_view key, Clock const& clock, Random& random);

    /// The one that the browser has for the hub of `slug`, or a new one when that is used up.
    [[nodiscard]] std::string token_for(http::Request const& request, std::string_view slug) const;
    /// PermissionDenied: it is not the browser's, not of this hub, or too old.
    [[nodiscard]] Result<> check(http::Request const& request, std::string_view sent,
                                 std::string_view slug) const;

private:
    [[nodiscard]] std::string sign(std::string_view text, std::string_view slug) const;
    [[nodiscard]] bool is_ours(std::string_view token, std::string_view slug) const;

    std::string key_;
    Clock const& clock_;
    Random& random_;
};

/// The value for whoever is logged in, in the hub of `slug`.
[[nodiscard]] std::string xsrf_token(std::string_view csrf_token, std::string_view slug);

/// What a request sends to prove that it is not forged: X-XSRFToken, X-CSRFToken or X-CSRF-Token,
/// else `_xsrf` in the query or a posted form; "" when there is nothing.
[[nodiscard]] std::string xsrf_sent(http::Request const& request);

/// For calls of a hub's API by cookie. PermissionDenied: forged, as JupyterHub 4.1 and later see it
/// (reading by a page's script needs the value too, by Sec-Fetch-Mode), sent by another site, or a
/// form posted where JSON belongs.
[[nodiscard]] ForgeryCheck check_api_call(std::string slug);
/// For a hub's pages, which everybody may link to; what changes something needs the value.
[[nodiscard]] ForgeryCheck check_page(std::string slug);

}  // namespace carrel::jupyterhub
