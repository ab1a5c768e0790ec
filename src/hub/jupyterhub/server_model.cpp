#include "hub/jupyterhub/server_model.hpp"

#include "hub/jupyterhub/json_text.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/rbac/scopes.hpp"

namespace carrel::jupyterhub {

void append_server_model(std::string& to, HubPaths const& paths, LiveServer const& server) {
    auto const& record = server.record;
    auto const& user = server.owner.user.name;
    auto const& slug = server.owner.course.request.slug;
    auto const what = record.name.empty() ? "server" : "servers/" + escape_name(record.name);
    bool const runs = record.state == ServerState::Running;
    JsonObject object(to);
    object.add_text<"display_name">(record.display_name.empty() ? record.name
                                                                : record.display_name);
    object.add_text<"full_name">(rbac::server_id(user, record.name));
    object.add<"full_progress_url">("null");
    object.add<"full_url">("null");
    append_json_time(object.field<"last_activity">(), record.last_activity);
    object.add_text<"name">(record.name);
    object.add<"pending">(pending_text(record.state));
    object.add_text<"progress_url">(
        fmt::format("{}api/users/{}/{}/progress", paths.hub(slug), escape_name(user), what));
    object.add<"ready">(runs ? "true" : "false");
    append_json_time(object.field<"started">(), record.started_at);
    object.add<"stopped">(has_ended(record.state) ? "true" : "false");
    append_json_time(object.field<"stops_at">(), runs ? server.stops_at : std::nullopt);
    object.add_text<"url">(paths.server(slug, user, record.name));
    object.add<"user_options">(record.user_options.empty() ? "{}" : record.user_options);
    object.end();
}

std::string_view pending_text(ServerState state) {
    if (state == ServerState::Queued || state == ServerState::Starting) return R"("spawn")";
    if (state == ServerState::Stopping) return R"("stop")";
    return "null";
}

}  // namespace carrel::jupyterhub
