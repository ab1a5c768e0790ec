#pragma once

/// The lists of who may in, from the settings.

#include "auth/access/access_policy.hpp"
#include "auth/access/userlist.hpp"
#include "config/settings.hpp"

#include <optional>

namespace carrel {

/// InvalidArgument: something on a list of the configuration is no name, or no group.
[[nodiscard]] Result<AccessOptions> access_options(Settings const& settings);

/// Nothing when none is configured.
[[nodiscard]] std::optional<UserlistFile> userlist_file(Settings const& settings);

/// What `check-config` says of them: also whether the file can be read.
[[nodiscard]] Result<> check_access(Settings const& settings);

/// Conflict: with the lists as they are, no administrator could come in. Opens the store.
[[nodiscard]] Result<> check_governed(Settings const& settings);

}  // namespace carrel
