#pragma once

/// Codes to print and keep, for when the phone or the key is gone: each counts once. They are
/// random and long (80 bits), so that a plain hash is enough in the store. Pure; any thread.

#include "base/random.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace carrel {

inline constexpr size_t recovery_codes_made = 10;

/// "k7qm-4x9d-…": four groups of four, without letters and digits that look alike.
[[nodiscard]] std::string make_recovery_code(Random& random);
[[nodiscard]] std::vector<std::string> make_recovery_codes(Random& random);
/// The same however it is typed: in capitals, with spaces, without dashes.
[[nodiscard]] std::string hash_recovery_code(std::string_view code);

}  // namespace carrel
