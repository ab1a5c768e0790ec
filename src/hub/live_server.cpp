#include "hub/live_server.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

std::string ServerOwner::route(HubPaths const& paths) const {
    return paths.route(course.request.slug, user.name, name);
}

void note_server(Event& event, std::string_view name) {
    if (name.empty()) return;
    event.message += fmt::format(" ({})", name);
    event.detail = nlohmann::json{{"server", name}}.dump();
}

}  // namespace carrel
