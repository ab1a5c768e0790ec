#pragma once

/// What all of a hub's pages begin with: who looks at them. Whoever is not logged in goes to the
/// log-in form and comes back. Confined to the control thread. Owned by `Hub`.

#include "auth/authenticator.hpp"
#include "auth/login_steps.hpp"
#include "http/router.hpp"
#include "hub/jupyterhub/caller.hpp"
#include "hub/jupyterhub/xsrf.hpp"
#include "hub/server_lifecycle.hpp"

#include <functional>
#include <optional>

namespace carrel {
class Directories;
class ProviderLogin;
}  // namespace carrel

namespace carrel::jupyterhub {

/// What the pages are made of. All outlive them.
struct PageDependencies {
    HubDependencies use;
    Gate& gate;
    CallerGate& callers;
    ServerLifecycle& servers;
    Authenticator& authenticator;
    LoginSteps& steps;
    LoginForms forms;
    /// A file of the UI ("/index.html"), as an answer to this request; nothing: there is none.
    std::function<std::optional<http::Response>(std::string_view path, http::Request const&)> ui;
    ProviderLogin* logins = nullptr;     ///< null: by password alone
    Directories* directories = nullptr;  ///< null: by the passwords of here alone
};

/// A request for a page by somebody who has to do with this course's hub.
struct PageVisit {
    http::Request& request;
    Caller caller;
    std::string base;  ///< "/c/bio/"
    std::string slug;
};

using PageHandler = std::function<Task<http::Response>(PageVisit&)>;

/// A handler of the router for a page that needs a visitor.
[[nodiscard]] http::Handler visited(PageDependencies const& pages, PageHandler handler);
/// For one that does not: its errors are pages too.
[[nodiscard]] http::Handler open_page(PageDependencies const& pages, http::Handler handler);

/// Where somebody sets up the second factor that they have to have.
inline constexpr std::string_view factor_setup_page = "/profile";

/// To the log-in form of the hub at `base`, and from there back to what was asked for.
[[nodiscard]] http::Response to_login(std::string_view base, http::Request const& request);

/// Gives the browser the value that its next form needs, unless it has it.
void set_xsrf_cookie(http::Response& response, http::Request const& request, std::string_view base,
                     std::string const& value, std::optional<Seconds> lasts = {});

/// A page of the UI, whose own router finds out by the address what to show.
[[nodiscard]] http::Response ui_page(PageDependencies const& pages, http::Request const& request);

}  // namespace carrel::jupyterhub
