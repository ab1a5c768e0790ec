#include "portal/own_password.hpp"

#include "auth/login_place.hpp"

namespace carrel {

Result<> check_own_password(PortalDependencies const& portal, Visit const& visit,
                            std::string const& field, std::string const& password) {
    auto const user =
        portal.authenticator.authenticate({.username = visit.who.user.name,
                                           .password = password,
                                           .client_address = visit.request.client_address(),
                                           .browser = browser_of(visit.request),
                                           .self = visit.who.user});
    if (!user && user.error().code == Code::Unauthenticated)
        return fail_field(field, "the password is wrong");
    if (!user) return std::unexpected(user.error());
    return {};
}

}  // namespace carrel
