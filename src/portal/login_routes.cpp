/// Where browsers go to log in with a provider, and where they come back to. No calls: they answer
/// with redirects.

#include "portal/calls.hpp"

namespace carrel {

namespace {

Result<ProviderLogin*> logins_of(PortalDependencies const& portal) {
    if (portal.logins == nullptr) return fail(Code::NotFound, "there is no such log-in");
    return portal.logins;
}

}  // namespace

void add_login_routes(http::Router& router, PortalDependencies const& portal) {
    router.add("GET", "/login/{login}", [&portal](http::Request& request) -> Task<http::Response> {
        CO_TRY(auto* const logins, logins_of(portal));
        co_return co_await logins->begin(request, request.parameter("login"));
    });
    router.add("GET", "/login/{login}/callback",
               [&portal](http::Request& request) -> Task<http::Response> {
                   CO_TRY(auto* const logins, logins_of(portal));
                   co_return co_await logins->end(request, request.parameter("login"));
               });
}

}  // namespace carrel
