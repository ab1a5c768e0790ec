#pragma once

/// The providers with whose accounts people log in, from the settings.

#include "auth/directory/directories.hpp"
#include "auth/provider/provider.hpp"
#include "base/clock.hpp"
#include "config/settings.hpp"

#include <memory>
#include <vector>

namespace carrel {

/// `clock` outlives them.
[[nodiscard]] std::vector<std::unique_ptr<LoginProvider>> login_providers(Settings const& settings,
                                                                          Clock const& clock);

/// The directories whose passwords are typed here; null when there are none. All outlive it.
[[nodiscard]] std::unique_ptr<Directories> login_directories(Settings const& settings, Store& store,
                                                             Clock const& clock, Random& random,
                                                             AccessPolicy& access);

}  // namespace carrel
