#pragma once

/// Where a hub leads somebody on to: only to places of its own, whatever a link says. Pure.

#include "domain/hub_paths.hpp"

#include <string>
#include <string_view>

namespace carrel::jupyterhub {

/// True for a path, with or without a query, of the hub or of a server below `base` ("/c/bio/").
/// False for everything that a browser or a server could take for another place: other sites,
/// other hubs, "//", "\", dot segments, control characters, encoded or not, malformed escapes.
[[nodiscard]] bool is_place_in(std::string_view next, std::string_view base);

/// `next` when it is such a place, ready for a header (what no URL may have is escaped); else
/// `otherwise`.
[[nodiscard]] std::string place_in(std::string_view next, std::string_view base,
                                   std::string_view otherwise);

/// Where an address of the hub at "/" is now, which a link knew below "/c/<slug>/"; every other one
/// as it is.
[[nodiscard]] std::string as_it_is_now(HubPaths const& paths, std::string_view next);

/// What follows the first `segments` of a request's path, as sent, with the query: of
/// "/c/bio/hub/user-redirect/a%20b?c" and four, "a%20b?c".
[[nodiscard]] std::string_view rest_of(std::string_view target, int segments);

}  // namespace carrel::jupyterhub
