#include "hub/jupyterhub/server_variables.hpp"

#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/told_client.hpp"
#include "hub/rbac/scopes.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace carrel::jupyterhub {

std::map<std::string, std::string> server_variables(ServerVariables const& of) {
    auto const api = fmt::format("{}{}api", hub_place, of.paths.hub(of.slug));
    auto const path = of.paths.server(of.slug, of.user, of.server);
    auto const access =
        nlohmann::json{"access:servers!server=" + rbac::server_id(of.user, of.server),
                       "access:servers!user=" + of.user}
            .dump();
    // Neighbours' pages may set cookies for the whole domain, but none that begin with __Host-;
    // such a server sets them without Secure where there is no TLS, and browsers refuse them.
    bool const bound = of.origin.starts_with("https://");
    auto const client = client_id(of.user, of.server);
    auto const memory = std::llround(of.resources.memory_gib * 1024 * 1024 * 1024);
    return {
        {"JUPYTERHUB_API_TOKEN", of.token},
        {"JPY_API_TOKEN", of.token},
        {"JUPYTERHUB_CLIENT_ID", bound ? told_client(client, of.slug) : client},
        {"JUPYTERHUB_API_URL", api},
        {"JUPYTERHUB_ACTIVITY_URL", fmt::format("{}/users/{}/activity", api, escape_name(of.user))},
        {"JUPYTERHUB_ACTIVITY_INTERVAL", "300"},
        {"JUPYTERHUB_BASE_URL", of.paths.base(of.slug)},
        {"JUPYTERHUB_SERVICE_PREFIX", path},
        {"JUPYTERHUB_SERVICE_URL", std::string(server_place) + path},
        {"JUPYTERHUB_OAUTH_CALLBACK_URL",
         of.origin + of.paths.callback(of.slug, of.user, of.server)},
        {"JUPYTERHUB_OAUTH_ACCESS_SCOPES", access},
        {"JUPYTERHUB_OAUTH_SCOPES", access},
        {"JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES", "[]"},
        {"JUPYTERHUB_HOST", of.portal},
        {"JUPYTERHUB_USER", of.user},
        {"JUPYTERHUB_SERVER_NAME", of.server},
        {"JUPYTERHUB_PUBLIC_URL", of.origin.empty() ? "" : of.origin + path},
        {"JUPYTERHUB_PUBLIC_HUB_URL", of.portal.empty() ? "" : of.portal + of.paths.hub(of.slug)},
        {"JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED", bound ? "1" : "0"},
        {"JUPYTERHUB_DEFAULT_URL", of.default_url},
        {"MEM_LIMIT", std::to_string(memory)},
        {"CPU_LIMIT", fmt::format("{}", of.resources.cpu)},
    };
}

}  // namespace carrel::jupyterhub
