#include "hub/jupyterhub/models.hpp"

#include "base/text.hpp"
#include "base/time_text.hpp"
#include "hub/jupyterhub/user_list.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel::jupyterhub {

using nlohmann::json;

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

json user_model(Caller const& caller, Person const& person) {
    UserList one(caller);
    one.add(person);
    return json::parse(std::move(one).take()).front();
}

}  // namespace carrel::jupyterhub
