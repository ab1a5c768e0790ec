#pragma once

/// The hub at "/", from the configuration's `hub.root_course`.

#include "config/settings.hpp"
#include "domain/hub_paths.hpp"
#include "store/store.hpp"

#include <optional>
#include <string>

namespace carrel {

/// InvalidArgument: `hub.root_course` can be no course's slug.
[[nodiscard]] Result<HubPaths> hub_paths(Settings const& settings);

/// What is wrong with the course that is to be there, as a sentence for the administrator: it does
/// not exist, or it is no standing hub. Its hub is at "/" all the same: what a course is may change
/// while Carrel runs, and addresses must not move with it.
[[nodiscard]] Result<std::optional<std::string>> doubt_about_root_course(Store& store,
                                                                         HubPaths const& paths);

}  // namespace carrel
