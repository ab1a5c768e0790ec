#pragma once

#include "base/result.hpp"

#include <string>

namespace carrel {

/// Says early, and in one sentence, when the public port cannot be had: in use, or not ours to
/// take. The proxy may still lose it to somebody faster, and then says so itself.
[[nodiscard]] Result<> check_port_is_free(std::string const& ip, int port);

}  // namespace carrel
