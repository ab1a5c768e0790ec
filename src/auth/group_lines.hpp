#pragma once

/// The groups that a provider said of somebody, as they are kept: one a line.

#include <string>
#include <string_view>
#include <vector>

namespace carrel {

/// What has a line break itself is no group that anybody could mean, and is left out.
[[nodiscard]] std::string to_group_lines(std::vector<std::string> const& groups);
[[nodiscard]] std::vector<std::string> from_group_lines(std::string_view lines);

}  // namespace carrel
