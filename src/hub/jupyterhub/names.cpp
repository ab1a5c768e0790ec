#include "hub/jupyterhub/names.hpp"

#include "auth/secret.hpp"
#include "base/text.hpp"
#include "domain/hub_token.hpp"

namespace carrel::jupyterhub {

std::string client_id(std::string_view user, std::string_view server) {
    return server_client(user, server);
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
