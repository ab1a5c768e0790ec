#include "hub/jupyterhub/server_token.hpp"

#include "auth/secret.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/rbac/roles.hpp"

namespace carrel::jupyterhub {

Result<HubToken> server_token(ServerOwner const& owner, HubPaths const& paths,
                              std::string_view secret, Time now) {
    TRY(auto const role, rbac::find_role("server"));
    return HubToken{.secret_hash = hash_secret(secret),
                    .course = owner.course.id,
                    .user = owner.user.id,
                    .kind = HubTokenKind::Server,
                    .client = client_id(owner.user.name, owner.name),
                    .server = owner.name,
                    .scopes = rbac::join_scopes(role.scopes),
                    .note = "Server at " + owner.path(paths),
                    .created_at = now};
}

}  // namespace carrel::jupyterhub
