#pragma once

/// The OpenAPI 3.1 document, made from the calls themselves and the schemas beside this file.

#include "portal/calls.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

[[nodiscard]] nlohmann::json describe_api(std::vector<Call> const& calls, std::string_view version);

// The schemas by name, a file for each part.
[[nodiscard]] nlohmann::json people_schemas();
[[nodiscard]] nlohmann::json login_schemas();
[[nodiscard]] nlohmann::json access_schemas();
[[nodiscard]] nlohmann::json course_schemas();
[[nodiscard]] nlohmann::json platform_schemas();

}  // namespace carrel
