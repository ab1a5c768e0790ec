#pragma once

/// The HTTP side of a course's OAuth: /c/{slug}/hub/api/oauth2/authorize, where a browser is sent
/// with its question, …/oauth2/token, where a server brings the code, and /c/{slug}/hub/logout.
/// Confined to the control thread. Owned by `Hub`.

#include "hub/jupyterhub/oauth.hpp"
#include "hub/server_lifecycle.hpp"

#include "http/router.hpp"

namespace carrel {
class ProviderLogin;
}  // namespace carrel

namespace carrel::jupyterhub {

class OAuthCalls {
public:
    /// `logins` may be null: nobody logs in but by password.
    OAuthCalls(HubDependencies const& dependencies, Gate& gate, CallerGate& callers,
               ProviderLogin const* logins = nullptr);
    void add_routes(http::Router& router);

private:
    http::Response authorize(http::Request& request);
    http::Response agree(http::Request& request);
    http::Response token(http::Request& request);
    http::Response log_out(http::Request& request);

    /// Who asks, what for, and whether they may: or the answer that ends it.
    struct Asked {
        Caller visitor;
        AuthorizeRequest request;
    };
    std::expected<Asked, http::Response> ask(http::Request const& request);
    http::Response send_on(http::Request const& request, Asked const& asked);

    Gate& gate_;
    CallerGate& callers_;
    OAuth oauth_;
    Origins origins_;
    ProviderLogin const* logins_;
};

}  // namespace carrel::jupyterhub
