#pragma once

/// Asking somebody who is logged in for their password once more.

#include "portal/calls.hpp"

namespace carrel {

/// It counts as a login, so that a stolen session cannot guess without limit.
/// InvalidArgument with this `field`: it is wrong. LimitReached: as `Authenticator`.
[[nodiscard]] Result<> check_own_password(PortalDependencies const& portal, Visit const& visit,
                                          std::string const& field, std::string const& password);

}  // namespace carrel
