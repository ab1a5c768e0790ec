#pragma once

/// Which passwords are tried first by whoever guesses. Pure; any thread.

#include <string_view>

namespace carrel {

/// True for what a guesser tries before anything else, however it is dressed up: a usual word or
/// the person's own name with digits and signs around it, the same over and over, a run along the
/// keyboard or the alphabet.
[[nodiscard]] bool is_common_password(std::string_view password, std::string_view user_name);

}  // namespace carrel
