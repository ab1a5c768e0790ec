#include "hub/jupyterhub/names.hpp"

#include "auth/secret.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

namespace carrel::jupyterhub {

std::string client_id(std::string_view user, std::string_view server) {
    auto id = "jupyterhub-user-" + percent_encode(user);
    if (!server.empty()) id += "-" + percent_encode(server);
    return id;
}

std::string session_id_of(SessionId const& login) {
    return hash_secret("jupyterhub-session-id " + login.value()).substr(0, 32);
}

std::string token_id(long long id) { return fmt::format("a{}", id); }

std::optional<long long> parse_token_id(std::string_view text) {
    if (!text.starts_with('a')) return {};
    return parse_whole(text.substr(1));
}

}  // namespace carrel::jupyterhub
