#pragma once

/// The providers with whose accounts people log in, from the settings.

#include "auth/provider/provider.hpp"
#include "base/clock.hpp"
#include "config/settings.hpp"

#include <memory>
#include <vector>

namespace carrel {

/// `clock` outlives them.
[[nodiscard]] std::vector<std::unique_ptr<LoginProvider>> login_providers(Settings const& settings,
                                                                          Clock const& clock);

}  // namespace carrel
