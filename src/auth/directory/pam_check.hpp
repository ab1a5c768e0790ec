#pragma once

/// Asks PAM whose name and password these are. In a child process alone: PAM's modules block, keep
/// state, and are other people's code.

#include <nlohmann/json.hpp>

namespace carrel {

/// `question`: "username", "password", "address", "service", "minimum_uid".
/// Gives `answer_of` or `refusal_of`.
[[nodiscard]] nlohmann::json check_by_pam(nlohmann::json const& question);

}  // namespace carrel
