#include "hub/jupyterhub/rest_calls.hpp"

#include "auth/logins.hpp"
#include "base/text.hpp"
#include "hub/jupyterhub/answers.hpp"
#include "hub/jupyterhub/models.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/page.hpp"
#include "hub/jupyterhub/people.hpp"
#include "hub/jupyterhub/token_desk.hpp"
#include "hub/jupyterhub/user_list.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <tuple>

namespace carrel::jupyterhub {

namespace {

using nlohmann::json;

/// Says of somebody whether they are in the state asked for.
using StateFilter = bool (*)(Person const&);

Result<StateFilter> read_state(std::string_view state) {
    if (state.empty()) return [](Person const&) { return true; };
    if (state == "active") return [](Person const& person) { return !person.servers.empty(); };
    if (state == "inactive") return [](Person const& person) { return person.servers.empty(); };
    if (state == "ready")
        return [](Person const& person) {
            return std::ranges::any_of(person.servers, [](auto const& server) {
                return server->record.state == ServerState::Running;
            });
        };
    return fail(Code::InvalidArgument,
                "Unrecognized state filter: '{}', must be one of active, inactive, ready",
                for_log(state, 40));
}

Result<> sort_people(std::vector<Person>& people, std::string_view by) {
    bool const reversed = by.starts_with('-');
    if (reversed) by.remove_prefix(1);
    std::function<bool(Person const&, Person const&)> before;
    if (by.empty() || by == "id")
        before = [](Person const& a, Person const& b) {
            return std::tie(a.user.created_at, a.user.name) <
                   std::tie(b.user.created_at, b.user.name);
        };
    else if (by == "name")
        before = [](Person const& a, Person const& b) { return a.user.name < b.user.name; };
    else if (by == "last_activity")
        before = [](Person const& a, Person const& b) {
            return std::pair(a.last_activity(), a.user.name) <
                   std::pair(b.last_activity(), b.user.name);
        };
    else
        return fail(Code::InvalidArgument,
                    "sort must be one of: id, name, last_activity (with optional - prefix)");
    std::ranges::sort(people, before);
    if (reversed) std::ranges::reverse(people);
    return {};
}

/// The part that is asked for, when the store alone can tell who is in it.
std::optional<Users::CoursePage> page_in_store(http::Request const& request,
                                               PageRequest const& page) {
    for (auto const* const filter : {"state", "name_filter"})
        if (!request.query(filter).value_or("").empty()) return {};
    auto const sort = request.query("sort").value_or("");
    std::string_view by = sort;
    bool const reversed = by.starts_with('-');
    if (reversed) by.remove_prefix(1);
    if (!by.empty() && by != "id" && by != "name") return {};
    using Order = Users::CoursePage::Order;
    return Users::CoursePage{.order = by == "name" ? Order::Name : Order::Created,
                             .reversed = reversed,
                             .offset = page.offset,
                             .limit = page.limit};
}

/// Whose tokens a call is about: 404 also where JupyterHub would tell that there is nobody.
Result<User> token_owner(Transaction& transaction, Caller const& caller,
                         http::Request const& request, std::string_view scope) {
    auto const& name = request.parameter("name");
    TRY_VOID(require_scope(caller, scope, {.user = name}));
    return find_user_of_hub(transaction, caller.course, name);
}

Result<HubToken> find_token(Transaction& transaction, Caller const& caller, User const& owner,
                            http::Request const& request) {
    auto const id = parse_token_id(request.parameter("id"));
    if (!id) return fail(Code::NotFound, "No such token");
    auto token = transaction.hub_tokens().find(caller.course.id, *id);
    if (token ? token->user != owner.id : token.error().code == Code::NotFound)
        return fail(Code::NotFound, "No such token");
    return token;
}

}  // namespace

void RestCalls::add_routes(http::Router& router) {
    ApiRoutes routes(router, *this);
    routes.add("GET", "", &RestCalls::about);
    routes.add("GET", "/", &RestCalls::about);
    routes.add("GET", "/info", &RestCalls::info);
    routes.add("GET", "/users", &RestCalls::users);
    routes.add("GET", "/users/{name}/tokens", &RestCalls::tokens);
    routes.add("POST", "/users/{name}/tokens", &RestCalls::make_token);
    routes.add("GET", "/users/{name}/tokens/{id}", &RestCalls::token);
    routes.add("DELETE", "/users/{name}/tokens/{id}", &RestCalls::delete_token);
}

/// For anybody: a server looks here whether the hub is there, and which.
RestCalls::Answer RestCalls::about(http::Request&) {
    auto answer = http::Response::json({{"version", version}});
    answer.headers.set("Access-Control-Allow-Origin", "*");
    co_return answer;
}

RestCalls::Answer RestCalls::info(http::Request& request) {
    CO_TRY(auto const caller, co_await use_.pool.run([&] { return callers_.identify(request); }));
    CO_TRY_VOID(require_scope(caller, "read:hub", {}));
    json const nobody{{"class", "carrel"}, {"version", version}};
    co_return http::Response::json({{"version", version},
                                    {"python", ""},
                                    {"sys_executable", ""},
                                    {"spawner", nobody},
                                    {"authenticator", nobody}});
}

RestCalls::Answer RestCalls::users(http::Request& request) {
    CO_TRY(auto const page, read_page(request, use_.api_page_max_limit));
    auto const state = request.query("state").value_or("");
    CO_TRY(auto const in_state, read_state(state));
    auto const part = page_in_store(request, page);
    auto const active = servers_.owners_in(request.parameter("slug"));
    Caller caller;
    std::optional<UserList> list;
    std::optional<PeoplePage> shown;
    std::vector<Person> found;
    std::map<UserId, std::vector<ServerRecord>> rows;
    auto const read = [&](Transaction& transaction) -> Result<> {
        auto const& roles = callers_.roles();
        list.emplace(caller, static_cast<size_t>(page.limit), page_opening(page));
        rows.clear();
        if (wants_stopped_servers(request)) {
            TRY(auto servers, transaction.servers().of_course(caller.course.id));
            for (auto& row : servers) rows[row.user].push_back(std::move(row));
        }
        if (part && caller.scopes.allows_everything("list:users")) {
            auto const show = [&](Person const& person) {
                auto const& id = person.user.id;
                if (active.contains(id) || rows.contains(id))
                    list->leave_place(person);
                else
                    list->add(person);
            };
            TRY(shown, show_people(transaction, roles, caller.course, *part, page.after, show));
            if (shown) return {};
        }
        // Of thousands only those can be active, or ready, that have a server.
        bool const of_few = state == "active" || state == "ready";
        TRY(found, of_few ? people_of(transaction, roles, caller.course, active)
                          : people_of(transaction, roles, caller.course));
        return {};
    };
    CO_TRY_VOID(co_await use_.pool.run([&]() -> Result<> {
        TRY(caller, callers_.identify(request));
        // Some of them are enough: the others are left out below.
        TRY_VOID(require_some(caller, "list:users"));
        return use_.store.read(read);
    }));
    auto const add_servers = [&](Person& person) {
        auto const known = rows.find(person.user.id);
        person.servers = known == rows.end()
                             ? servers_.active_of(caller.course.id, person.user.id)
                             : servers_.known_of(caller.course, person.user, known->second);
    };
    if (shown) {
        list->fill(add_servers);
        co_return written_page_answer(request, page, std::move(*list).take(), shown->total,
                                      shown->place);
    }
    auto const filter = request.query("name_filter").value_or("");
    for (auto& person : found)
        person.servers = servers_.active_of(caller.course.id, person.user.id);
    std::erase_if(found, [&](Person const& person) {
        return !in_state(person) || person.user.name.find(filter) == std::string::npos ||
               !caller.may("list:users", {.user = person.user.name});
    });
    CO_TRY_VOID(sort_people(found, request.query("sort").value_or("")));
    auto const count = static_cast<long long>(found.size());
    for (auto i = page.offset; i < std::min(count, page.offset + page.limit); ++i) {
        auto& person = found[static_cast<size_t>(i)];
        add_servers(person);
        list->add(person);
    }
    co_return written_page_answer(request, page, std::move(*list).take(), count);
}

RestCalls::Answer RestCalls::tokens(http::Request& request) {
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const caller, callers_.identify(request));
        return use_.store.read([&](Transaction& transaction) -> Result<http::Response> {
            TRY(auto const owner, token_owner(transaction, caller, request, "read:tokens"));
            TRY(auto const all, transaction.hub_tokens().of_user(caller.course.id, owner.id));
            auto const now = use_.clock.now();
            json models = json::array();
            for (auto const& token : all)
                if (!token.expires_at || *token.expires_at > now)
                    models.push_back(token_model(token, owner.name));
            return http::Response::json({{"api_tokens", std::move(models)}});
        });
    });
}

RestCalls::Answer RestCalls::make_token(http::Request& request) {
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const caller, callers_.identify(request));
        TRY(auto const body, request.body.empty() ? json::object() : request.json());
        TRY(auto const wish, read_token_wish(body, callers_.roles()));
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            TRY(auto const owner, token_owner(transaction, caller, request, "tokens"));
            TRY(auto const made, jupyterhub::make_token(transaction, caller, owner, wish,
                                                        use_.random, use_.clock.now()));
            auto model = token_model(made.token, owner.name);
            model["token"] = made.secret;
            auto answer = http::Response::json(model, 201);
            answer.headers.set("Cache-Control", "no-store");
            return answer;
        });
    });
}

RestCalls::Answer RestCalls::token(http::Request& request) {
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const caller, callers_.identify(request));
        return use_.store.read([&](Transaction& transaction) -> Result<http::Response> {
            TRY(auto const owner, token_owner(transaction, caller, request, "read:tokens"));
            TRY(auto const token, find_token(transaction, caller, owner, request));
            return http::Response::json(token_model(token, owner.name));
        });
    });
}

RestCalls::Answer RestCalls::delete_token(http::Request& request) {
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const caller, callers_.identify(request));
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            TRY(auto const owner, token_owner(transaction, caller, request, "tokens"));
            TRY(auto const token, find_token(transaction, caller, owner, request));
            // What a visitor gave a client goes as a whole: its other browsers too.
            if (token.kind == HubTokenKind::OAuth)
                TRY_VOID(transaction.hub_tokens().remove_of_client(caller.course.id, owner.id,
                                                                   token.client));
            TRY_VOID(end_hub_token(transaction, token.id));
            return http::Response::empty(204);
        });
    });
}

}  // namespace carrel::jupyterhub
