#include "hub/jupyterhub/user_list.hpp"

#include "base/time_text.hpp"
#include "hub/jupyterhub/json_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace carrel::jupyterhub {

namespace {

constexpr std::array<std::string_view, 7> scopes_that_show{
    "read:users:name",     "read:users:groups", "read:roles:users", "read:users",
    "read:users:activity", "admin:auth_state",  "read:servers"};

}  // namespace

UserList::UserList(Caller const& caller, size_t expected)
    : caller_(caller), everybody_(sight_of_everybody(caller)) {
    constexpr size_t usual_length = 250;
    text_.reserve(expected * usual_length);
}

UserList::Sight UserList::sight_of(Caller const& caller, std::string const& user) {
    rbac::Target const target{.user = user};
    auto const may = [&](size_t which) { return caller.may(scopes_that_show[which], target); };
    return {.name = may(0),
            .groups = may(1),
            .roles = may(2) || may(3),
            .user = may(3),
            .activity = may(4),
            .auth_state = may(5),
            .servers = may(6)};
}

std::optional<UserList::Sight> UserList::sight_of_everybody(Caller const& caller) {
    auto const is_narrowed = [&](std::string_view scope) {
        auto const* const filter = caller.scopes.filter_of(scope);
        return filter != nullptr && !filter->everything;
    };
    if (std::ranges::any_of(scopes_that_show, is_narrowed)) return std::nullopt;
    return sight_of(caller, "");
}

// The fields are in the order of their names, as everywhere else.
void UserList::add(Person const& person) {
    auto const& user = person.user;
    auto const sight = everybody_ ? *everybody_ : sight_of(caller_, user.name);
    if (text_.size() > 1) text_ += ',';
    JsonObject object(text_);
    if (sight.name || sight.roles) object.add("admin", user.administrator ? "true" : "false");
    if (sight.auth_state) object.add("auth_state", "null");
    if (sight.user) object.add_text("created", format_time_micro(user.created_at));
    if (sight.groups) object.add_texts("groups", person.groups);
    if (sight.name) object.add_text("kind", "user");
    if (sight.activity) {
        auto const last = person.last_activity();
        if (last)
            object.add_text("last_activity", format_time_micro(*last));
        else
            object.add("last_activity", "null");
    }
    if (sight.name) object.add_text("name", user.name);
    if (person.servers.empty()) {
        if (sight.user) object.add("pending", "null");
        if (sight.roles) object.add_texts("roles", person.roles);
        if (sight.user) object.add("server", "null");
        if (sight.servers) object.add("servers", "{}");
    } else {
        add_servers(person, sight, object);
    }
    object.end();
}

void UserList::add_servers(Person const& person, Sight const& sight, JsonObject& object) const {
    auto const is_default = [](auto const& server) { return server->record.name.empty(); };
    auto const found = std::ranges::find_if(person.servers, is_default);
    auto const* const server = found == person.servers.end() ? nullptr : found->get();
    if (sight.user)
        object.add("pending", server ? json_text(pending_of(server->record.state)) : "null");
    if (sight.roles) object.add_texts("roles", person.roles);
    if (sight.user) {
        if (server && server->record.state == ServerState::Running)
            object.add_text("server", server->owner.path(caller_.paths));
        else
            object.add("server", "null");
    }
    auto shown = nlohmann::json::object();
    for (auto const& each : person.servers) {
        rbac::Target const one{.user = person.user.name, .server = each->record.name};
        if (caller_.may("read:servers", one))
            shown[each->record.name] = server_model(caller_.paths, *each);
    }
    if (sight.servers || !shown.empty()) object.add("servers", json_text(shown));
}

std::string UserList::take() && {
    text_ += ']';
    return std::move(text_);
}

}  // namespace carrel::jupyterhub
