#include "hub/jupyterhub/user_list.hpp"

#include "hub/jupyterhub/json_text.hpp"
#include "hub/jupyterhub/server_model.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

namespace carrel::jupyterhub {

namespace {

/// Of somebody who has no server.
constexpr size_t usual_length = 250;
constexpr size_t most_expected = 50'000;

constexpr std::array<std::string_view, 7> scopes_that_show{
    "read:users:name",     "read:users:groups", "read:roles:users", "read:users",
    "read:users:activity", "admin:auth_state",  "read:servers"};

}  // namespace

UserList::UserList(Caller const& caller, size_t expected, std::string_view opening)
    : caller_(caller), everybody_(sight_of_everybody(caller)) {
    text_.reserve(opening.size() + std::min(expected, most_expected) * usual_length);
    text_ += opening;
    text_ += '[';
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
    JsonObject object(text_);
    if (sight.name || sight.roles) object.add<"admin">(user.administrator ? "true" : "false");
    if (sight.auth_state) object.add<"auth_state">("null");
    if (sight.user) append_json_time(object.field<"created">(), user.created_at);
    if (sight.groups) object.add_texts<"groups">(person.groups);
    if (sight.name) object.add<"kind">(R"("user")");
    if (sight.activity) append_json_time(object.field<"last_activity">(), person.last_activity());
    if (sight.name) object.add_text<"name">(user.name);
    if (person.servers.empty()) {
        if (sight.user) object.add<"pending">("null");
        if (sight.roles) object.add_texts<"roles">(person.roles);
        if (sight.user) object.add<"server">("null");
        if (sight.servers) object.add<"servers">("{}");
    } else {
        add_servers(person, sight, object);
    }
    object.end();
    text_ += ',';
}

void UserList::leave_place(Person person) { gaps_.push_back({text_.size(), std::move(person)}); }

void UserList::fill(std::function<void(Person&)> const& complete) {
    if (gaps_.empty()) return;
    auto const with_gaps = std::exchange(text_, {});
    text_.reserve(with_gaps.size() + gaps_.size() * usual_length);
    size_t done = 0;
    for (auto& gap : std::exchange(gaps_, {})) {
        text_.append(with_gaps, done, gap.at - done);
        done = gap.at;
        complete(gap.person);
        add(gap.person);
    }
    text_.append(with_gaps, done);
}

void UserList::add_servers(Person const& person, Sight const& sight, JsonObject& object) {
    auto const is_default = [](auto const& server) { return server->record.name.empty(); };
    auto const found = std::ranges::find_if(person.servers, is_default);
    auto const* const server = found == person.servers.end() ? nullptr : found->get();
    if (sight.user) object.add<"pending">(server ? pending_text(server->record.state) : "null");
    if (sight.roles) object.add_texts<"roles">(person.roles);
    if (sight.user) {
        if (server && server->record.state == ServerState::Running)
            object.add_text<"server">(server->owner.path(caller_.paths));
        else
            object.add<"server">("null");
    }
    auto const may_see = [&](auto const& each) {
        return caller_.may("read:servers", {.user = person.user.name, .server = each->record.name});
    };
    auto shown = person.servers | std::views::filter(may_see);
    if (!sight.servers && shown.empty()) return;
    object.add<"servers">("{");
    for (bool first = true; auto const& each : shown) {
        if (!std::exchange(first, false)) text_ += ',';
        append_json(text_, each->record.name);
        text_ += ':';
        append_server_model(text_, caller_.paths, *each);
    }
    text_ += '}';
}

std::string UserList::take() && {
    if (text_.ends_with(',')) text_.pop_back();
    text_ += ']';
    return std::move(text_);
}

}  // namespace carrel::jupyterhub
