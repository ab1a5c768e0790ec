#pragma once

/// Asks an LDAP directory whose name and password these are. In a child process alone.

#include <nlohmann/json.hpp>

namespace carrel {

/// `question`: "username", "password", and what `ldap_question` in app/login_providers gives.
/// Gives `answer_of` or `refusal_of`.
[[nodiscard]] nlohmann::json check_by_ldap(nlohmann::json const& question);

}  // namespace carrel
