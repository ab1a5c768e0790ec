#pragma once

/// Host names and origins as they are written: "hub.example.org", "https://hub.example.org:8443"
/// (RFC 6454 section 6.2). Pure; any thread.

#include <string_view>

namespace carrel {

/// Letters in lower case, digits, hyphens and dots, none of which stand where they mean nothing.
[[nodiscard]] bool is_host_name(std::string_view text);

/// http or https, a host name, and perhaps a port; no path.
[[nodiscard]] bool is_origin(std::string_view text);

/// A host with its port, without the port that goes without saying for `scheme`.
[[nodiscard]] std::string_view without_usual_port(std::string_view authority,
                                                  std::string_view scheme);

}  // namespace carrel
