#pragma once

/// /c/{slug}/hub/login: the form by which people, and programs that read it, log in at a hub.
///
/// Whoever has a second factor is led on to /c/{slug}/hub/login/factor. The session is Carrel's:
/// the same cookie, limits and log as at the portal. Confined to the control thread. Owned by
/// `Hub`.

#include "auth/password_login.hpp"
#include "hub/pages/factor_form.hpp"
#include "hub/pages/html_page.hpp"
#include "hub/pages/page_visit.hpp"

namespace carrel::jupyterhub {

class LoginPages {
public:
    explicit LoginPages(PageDependencies const& pages);
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    Answer show(http::Request& request);
    Answer log_in(http::Request& request);
    Answer show_second(http::Request& request);
    Answer log_in_second(http::Request& request);
    /// The answer to whoever has just got a session; `begun` has its cookies.
    Answer logged_in(http::Request& request, Identity who, http::Response begun);
    Answer second_form(http::Request& request, FactorComplaint complaint);
    /// "hub/login" and such, with the `next` of this request where it may be followed.
    [[nodiscard]] std::string with_next(http::Request const& request, std::string_view page) const;
    /// Whether the form that was posted is one of ours and this browser's.
    Task<> check_form(http::Request const& request);
    /// Where to go on to once `user` is logged in.
    Task<std::string> destination(http::Request const& request, User const& user);
    [[nodiscard]] std::string other_ways(std::string const& action, Language language) const;
    http::Response form(http::Request const& request, unsigned status,
                        std::string_view complaint) const;

    PageDependencies const& pages_;
    PasswordLogin login_;
};

}  // namespace carrel::jupyterhub
