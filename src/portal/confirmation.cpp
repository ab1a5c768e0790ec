/// Whether somebody who is logged in has just said once more who they are.

#include "portal/calls.hpp"
#include "portal/factor_input.hpp"

namespace carrel {

namespace {

/// Somebody who sat down at an open browser must not take the second factor over.
constexpr Seconds confirmed_for{600};

}  // namespace

Result<> check_by_session(Visit const& visit) {
    if (visit.who.by_cookie) return {};
    return fail(Code::PermissionDenied, "this needs a browser's session; a token is not enough");
}

Result<> check_confirmed(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_by_session(visit));
    auto const& at = visit.who.confirmed_at;
    auto const now = portal.clock.now();
    if (at && now - *at < confirmed_for && *at <= now) return {};
    return std::unexpected(
        Error{Code::PermissionDenied,
              "give your password or a second factor once more (POST /api/v1/session/confirmation)",
              std::string(confirmation_field)});
}

}  // namespace carrel
