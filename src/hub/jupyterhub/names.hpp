#pragma once

/// How JupyterHub writes names, for one course's hub. Pure; any thread.

#include "domain/user.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace carrel::jupyterhub {

/// The JupyterHub whose contract this is; clients and servers read features from it.
inline constexpr std::string_view version = "5.5.1";

/// "jupyterhub-user-ada", "jupyterhub-user-ada-gpu".
[[nodiscard]] std::string client_id(std::string_view user, std::string_view server);

/// What tells servers that a visitor has logged in anew: different for each login, and no secret.
[[nodiscard]] std::string session_id_of(SessionId const& login);

/// "a7" and back; nothing for anything else.
[[nodiscard]] std::string token_id(long long id);
[[nodiscard]] std::optional<long long> parse_token_id(std::string_view text);

}  // namespace carrel::jupyterhub
