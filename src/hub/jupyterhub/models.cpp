#include "hub/jupyterhub/models.hpp"

#include "base/text.hpp"
#include "base/time_text.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/user_list.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel::jupyterhub {

namespace {

using nlohmann::json;

json options_of(ServerRecord const& record) {
    return record.user_options.empty() ? json::object() : json::parse(record.user_options);
}

}  // namespace

json pending_of(ServerState state) {
    if (state == ServerState::Queued || state == ServerState::Starting) return "spawn";
    if (state == ServerState::Stopping) return "stop";
    return nullptr;
}

json time_or_null(std::optional<Time> const& time) {
    return time ? json(format_time_micro(*time)) : json(nullptr);
}

std::optional<Time> Person::last_activity() const {
    auto last = user.last_login_at;
    for (auto const& server : servers) last = std::max(last, server->record.last_activity);
    return last;
}

bool wants_stopped_servers(http::Request const& request) {
    auto const wish = request.query("include_stopped_servers");
    return wish && *wish != "0" && !equals_ignoring_case(*wish, "false");
}

json server_model(HubPaths const& paths, LiveServer const& server) {
    auto const& record = server.record;
    auto const& user = server.owner.user.name;
    auto const& slug = server.owner.course.request.slug;
    auto const what = record.name.empty() ? "server" : "servers/" + escape_name(record.name);
    return {
        {"name", record.name},
        {"full_name", rbac::server_id(user, record.name)},
        {"last_activity", time_or_null(record.last_activity)},
        {"started", time_or_null(record.started_at)},
        {"pending", pending_of(record.state)},
        {"ready", record.state == ServerState::Running},
        {"stopped", has_ended(record.state)},
        {"stops_at", record.state == ServerState::Running ? time_or_null(server.stops_at) : json()},
        {"url", paths.server(slug, user, record.name)},
        {"progress_url",
         fmt::format("{}api/users/{}/{}/progress", paths.hub(slug), escape_name(user), what)},
        {"full_url", nullptr},
        {"full_progress_url", nullptr},
        {"user_options", options_of(record)}};
}

json user_model(Caller const& caller, Person const& person) {
    UserList one(caller);
    one.add(person);
    return json::parse(std::move(one).take()).front();
}

}  // namespace carrel::jupyterhub
