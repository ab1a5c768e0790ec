#pragma once

/// How rows look in the API. The OpenAPI schemas in portal/openapi say the same, and tests check
/// real answers against them.

#include "auth/identity.hpp"
#include "portal/course_access.hpp"
#include "portal/portal.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

/// A time, or null.
[[nodiscard]] nlohmann::json time_or_null(std::optional<Time> const& time);
/// A text, or null when it is empty.
[[nodiscard]] nlohmann::json text_or_null(std::string_view text);

[[nodiscard]] nlohmann::json view_of_me(Identity const& who);
[[nodiscard]] nlohmann::json view_of(User const& user);
[[nodiscard]] nlohmann::json view_of(Token const& token);
[[nodiscard]] nlohmann::json view_of(Event const& event);
[[nodiscard]] nlohmann::json view_of(Resources const& resources);
/// Of an event: the image that the course names, when it does.
[[nodiscard]] nlohmann::json image_detail(CourseRequest const& request);
[[nodiscard]] nlohmann::json view_of(Export const& row);
[[nodiscard]] nlohmann::json view_of(Export const& row, std::string_view user_name);
/// Of the course folder, for who belongs to the course and when there is anything in it.
[[nodiscard]] Result<std::optional<Export>> folder_export(Transaction& transaction,
                                                          SeenCourse const& seen);

/// A course as `seen.course`'s viewer `user` sees it. Reads more of the store.
[[nodiscard]] Result<nlohmann::json> view_of(Transaction& transaction, SeenCourse const& seen,
                                             User const& user, PortalDependencies const& portal);

}  // namespace carrel
