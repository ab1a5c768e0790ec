#pragma once

/// Which platform a command means, and with whose token it asks.

#include "app/api_client.hpp"
#include "app/course_commands.hpp"

namespace carrel {

/// A client made from the flags, the settings and CARREL_TOKEN.
/// Unauthenticated: there is no token. NotFound: no such token file.
[[nodiscard]] Result<ApiClient> api_client_from(ApiFlags const& flags);

/// Where the platform of these settings is asked by a program on the same machine.
[[nodiscard]] std::string local_url(Settings const& settings);

}  // namespace carrel
