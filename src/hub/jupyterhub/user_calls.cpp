#include "hub/jupyterhub/user_calls.hpp"

#include "base/time_text.hpp"
#include "hub/jupyterhub/answers.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/people.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel::jupyterhub {

namespace {

using nlohmann::json;

/// A server's clock may be wrong; one that is wrong by more must not keep it running for ever.
constexpr std::chrono::minutes furthest_ahead{59};

Result<Time> read_time(json const& value, Time now) {
    if (!value.is_string())
        return fail(Code::InvalidArgument, "'last_activity' is a time in ISO 8601");
    auto const& text = value.get_ref<std::string const&>();
    // Without a zone it is UTC, as JupyterHub reads it.
    auto const day = text.find('T');
    bool const zoned = text.ends_with('Z') || (day != std::string::npos &&
                                               text.find_first_of("+-", day) != std::string::npos);
    TRY(auto const time, parse_time(zoned ? text : text + "Z"));
    if (time > now + furthest_ahead)
        return fail(Code::InvalidArgument, "the activity {} is in the future", text.substr(0, 40));
    return std::min<Time>(time, now);
}

}  // namespace

Result<ActivityReport> read_activity(json const& body, Time now) {
    ActivityReport report;
    auto const user = body.find("last_activity");
    auto const servers = body.find("servers");
    if (user == body.end() && servers == body.end())
        return fail(Code::InvalidArgument,
                    "body must contain at least one of 'last_activity' or "
                    "'servers'");
    if (user != body.end()) {
        TRY(report.user, read_time(*user, now));
    }
    if (servers == body.end()) return report;
    if (!servers->is_object()) return fail(Code::InvalidArgument, "'servers' is an object");
    for (auto const& [name, what] : servers->items()) {
        if (!what.is_object() || !what.contains("last_activity"))
            return fail(Code::InvalidArgument, "'servers' has a 'last_activity' for each");
        TRY(auto const time, read_time(what["last_activity"], now));
        report.servers.emplace(name, time);
    }
    return report;
}

void UserCalls::add_routes(http::Router& router) {
    ApiRoutes routes(router, *this);
    routes.add("GET", "/user", &UserCalls::who_am_i);
    routes.add("GET", "/users/{name}", &UserCalls::user);
    routes.add("POST", "/users/{name}/activity", &UserCalls::activity);
}

UserCalls::Answer UserCalls::who_am_i(http::Request& request) {
    CO_TRY(auto const caller, co_await use_.pool.run([&] { return callers_.identify(request); }));
    json model = json::object();
    if (caller.service) {
        model["kind"] = "service";
        model["name"] = caller.service->name;
        model["admin"] = std::ranges::find(caller.roles, "admin") != caller.roles.end();
        model["roles"] = caller.roles;
    } else {
        Person const person{.user = caller.user,
                            .roles = caller.roles,
                            .groups = caller.groups,
                            .servers = servers_.active_of(caller.course.id, caller.user.id)};
        model = user_model(caller, person);
        // Whoever holds a token may know whose it is.
        model["kind"] = "user";
        model["name"] = caller.user.name;
        model["admin"] = caller.user.administrator;
    }
    model["token_id"] = caller.token ? json(token_id(caller.token->id)) : json(nullptr);
    model["session_id"] = caller.login.empty() ? json(nullptr) : json(session_id_of(caller.login));
    model["scopes"] = caller.scopes.names();
    auto answer = http::Response::json(model);
    answer.headers.set("Cache-Control", "no-store");
    co_return answer;
}

UserCalls::Answer UserCalls::user(http::Request& request) {
    auto const& name = request.parameter("name");
    Person person;
    std::vector<ServerRecord> rows;
    CO_TRY(auto const caller, co_await use_.pool.run([&]() -> Result<Caller> {
        TRY(auto found, callers_.identify(request));
        TRY_VOID(require_scope(found, "read:users:name", {.user = name}));
        TRY_VOID(use_.store.read([&](Transaction& transaction) -> Result<> {
            TRY(person, find_person(transaction, callers_.roles(), found.course, name));
            if (wants_stopped_servers(request)) {
                TRY(rows, transaction.servers().of_user(found.course.id, person.user.id));
            }
            return {};
        }));
        return found;
    }));
    person.servers = servers_.known_of(caller.course, person.user, rows);
    co_return http::Response::json(user_model(caller, person));
}

UserCalls::Answer UserCalls::activity(http::Request& request) {
    auto const& name = request.parameter("name");
    User owner;
    CO_TRY(auto const caller, co_await use_.pool.run([&]() -> Result<Caller> {
        TRY(auto found, callers_.identify(request));
        TRY_VOID(require_scope(found, "users:activity", {.user = name}));
        TRY(owner, use_.store.read([&](Transaction& transaction) {
            return find_user_of_hub(transaction, found.course, name);
        }));
        return found;
    }));
    CO_TRY(auto const body, request.json());
    CO_TRY(auto const report, read_activity(body, use_.clock.now()));
    std::vector<std::pair<ServerKey, Time>> used;
    for (auto const& [server, at] : report.servers) {
        ServerKey key{caller.course.id, owner.id, server};
        auto const live = servers_.find(key);
        if (!live || has_ended(live->record.state))
            co_return fail(Code::InvalidArgument, "No such server '{}' for user {}",
                           server.substr(0, 80), owner.name);
        used.emplace_back(std::move(key), at);
    }
    // A server reports every question of an open tab, too.
    bool const is_report = caller.token && caller.token->kind == HubTokenKind::Server;
    for (auto& [key, at] : used) CO_TRY_VOID(co_await note(std::move(key), at, is_report));
    auto answer = http::Response::empty(200);
    answer.headers.set("Content-Type", "application/json");
    co_return answer;
}

/// Time goes on and not back, whatever a server says.
Task<> UserCalls::note(ServerKey key, Time at, bool is_report) {
    auto const server = servers_.find(key);
    if (!server || server->record.state != ServerState::Running) co_return Result<>();
    if (!is_report) {
        server->stops_at.reset();
        if (server->last_use) server->last_use = std::max(*server->last_use, at);
    }
    if (server->record.last_activity && *server->record.last_activity >= at) co_return Result<>();
    server->record.last_activity = at;
    co_return co_await use_.pool.run([&] {
        return use_.store.write_behind([&](Transaction& transaction) {
            return transaction.servers().set_activity(key.course, key.user, key.name, at);
        });
    });
}

}  // namespace carrel::jupyterhub
