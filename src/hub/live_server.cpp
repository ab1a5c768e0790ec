#include "hub/live_server.hpp"

#include "hub/jupyterhub/names.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

std::string ServerOwner::path() const {
    auto path = jupyterhub::server_path(course.request.slug, user.name, name);
    path.pop_back();
    return path;
}

std::string ServerOwner::route() const {
    auto route = fmt::format("/c/{}/user/{}", course.request.slug, user.name);
    if (!name.empty()) route += "/" + name;
    return route;
}

void note_server(Event& event, std::string_view name) {
    if (name.empty()) return;
    event.message += fmt::format(" ({})", name);
    event.detail = nlohmann::json{{"server", name}}.dump();
}

}  // namespace carrel
