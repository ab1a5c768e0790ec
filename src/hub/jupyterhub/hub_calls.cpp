#include "hub/jupyterhub/hub_calls.hpp"

#include "hub/jupyterhub/answers.hpp"
#include "hub/jupyterhub/audit.hpp"
#include "hub/jupyterhub/bodies.hpp"
#include "hub/jupyterhub/models.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/page.hpp"
#include "hub/jupyterhub/people.hpp"

#include <algorithm>

namespace carrel::jupyterhub {

namespace {

using nlohmann::json;

json route_model(std::string const& path, std::string const& target, json data) {
    auto const routespec = path + "/";
    data["jupyterhub"] = true;
    return {{"routespec", routespec}, {"target", target}, {"data", std::move(data)}};
}

}  // namespace

void HubCalls::add_routes(http::Router& router) {
    ApiRoutes api(router, *this);
    api.add("GET", "/proxy", &HubCalls::routes);
    api.add("POST", "/proxy", &HubCalls::send_routes);
    api.add("PATCH", "/proxy", &HubCalls::change_proxy);
    api.add("POST", "/shutdown", &HubCalls::shut_down);
    api.add("GET", "/metrics", &HubCalls::metrics);
    api.add("GET", "/health", &HubCalls::health);
    router.add("GET", "/c/{slug}/hub/metrics",
               hub_call([this](http::Request& request) { return metrics(request); }));
    router.add("GET", "/c/{slug}/hub/health",
               hub_call([this](http::Request& request) { return health(request); }));
}

Task<Caller> HubCalls::ask(http::Request const& request, std::string_view scope) {
    co_return co_await use_.pool.run([&]() -> Result<Caller> {
        TRY(auto caller, callers_.identify(request));
        TRY_VOID(require_all(caller, scope));
        return caller;
    });
}

std::vector<std::shared_ptr<LiveServer>> HubCalls::running(CourseId const& course) const {
    auto servers = servers_.in_state(ServerState::Running);
    std::erase_if(servers, [&](auto const& server) { return server->owner.course.id != course; });
    return servers;
}

/// Those of this hub that the proxy really has; targets, and never a server's secret.
HubCalls::Answer HubCalls::routes(http::Request& request) {
    CO_TRY(auto const page, read_page(request, use_.api_page_max_limit));
    CO_TRY(auto const caller, co_await ask(request, "proxy"));
    CO_TRY(auto const known, co_await use_.proxy.routes());
    std::map<std::string, json> all;
    for (auto const& server : running(caller.course.id)) {
        auto const route = servers_.route_of(*server);
        if (known.contains(route.path))
            all[route.path] =
                route_model(route.path, route.target,
                            {{"user", server->owner.user.name},
                             {"server_name", server->record.name},
                             {"last_activity", time_or_null(server->record.last_activity)}});
    }
    auto const begin = use_.paths.base(caller.course.request.slug) + "services/";
    for (auto const& [path, target] : services_.routes())
        if (path.starts_with(begin) && known.contains(path))
            all[path] = route_model(path, target, {{"service", path.substr(begin.size())}});
    json items = json::object();
    long long place = 0;
    for (auto& [path, model] : all) {
        if (place >= page.offset && place < page.offset + page.limit)
            items[path + "/"] = std::move(model);
        ++place;
    }
    co_return page_answer(request, page, std::move(items), place);
}

/// All routes are told to the proxy again, at the reconciler's next pass.
HubCalls::Answer HubCalls::send_routes(http::Request& request) {
    CO_TRY_VOID(co_await ask(request, "proxy"));
    servers_.set_routes_uncertain(true);
    co_return http::Response::empty(200);
}

HubCalls::Answer HubCalls::change_proxy(http::Request& request) {
    CO_TRY_VOID(co_await ask(request, "proxy"));
    CO_TRY_VOID(object_in(request));
    co_return fail(Code::InvalidArgument,
                   "the proxy is the platform's: its address and token cannot be changed here");
}

/// Stops the servers of the course. The hub itself is the course, which its leaders and
/// administrators end in other ways.
HubCalls::Answer HubCalls::shut_down(http::Request& request) {
    CO_TRY(auto const caller, co_await ask(request, "shutdown"));
    CO_TRY(auto const body, object_in(request));
    CO_TRY(auto const servers, truth_in(body, "servers"));
    CO_TRY(auto const proxy, truth_in(body, "proxy"));
    if (proxy.value_or(false))
        co_return fail(Code::InvalidArgument,
                       "the proxy is the platform's, and is not shut down with one course");
    bool const stops = servers.value_or(true);
    CO_TRY_VOID(co_await use_.pool.run([&] {
        return use_.store.write([&](Transaction& transaction) {
            return note_change(transaction, caller, use_.clock.now(),
                               {.kind = "hub_shut_down",
                                .message = stops ? "stopped all servers of the course"
                                                 : "asked for a shutdown that leaves servers"});
        });
    }));
    if (stops)
        for (auto const& server : running(caller.course.id))
            servers_.stop_soon(server->owner.key(), "Stopped by an administrator");
    co_return http::Response::json({{"message", "Shutting down Hub"}}, 202);
}

/// What dashboards for JupyterHub look at, of this course alone; the platform's own metrics are at
/// /metrics.
HubCalls::Answer HubCalls::metrics(http::Request& request) {
    CO_TRY(auto const caller, co_await ask(request, "read:metrics"));
    CO_TRY(auto const people, co_await use_.pool.run([&] {
        return use_.store.read([&](Transaction& transaction) {
            return people_of(transaction, callers_.roles(), caller.course);
        });
    }));
    auto const day_ago = use_.clock.now() - std::chrono::hours(24);
    auto const active = std::ranges::count_if(people, [&](Person const& person) {
        return person.last_activity() && *person.last_activity() >= day_ago;
    });
    std::string text;
    auto const gauge = [&](std::string_view name, std::string_view labels, std::string_view meaning,
                           auto value) {
        text += fmt::format(
            "# HELP jupyterhub_{0} {1}\n# TYPE jupyterhub_{0} gauge\n"
            "jupyterhub_{0}{2} {3}\n",
            name, meaning, labels, value);
    };
    gauge("running_servers", "", "the number of running servers", running(caller.course.id).size());
    gauge("total_users", "", "the number of users", people.size());
    gauge("active_users", "{period=\"24h\"}", "users who were there in that time", active);
    auto answer = http::Response::text(text);
    answer.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    co_return answer;
}

/// For anybody: the process that answers is there.
HubCalls::Answer HubCalls::health(http::Request&) { co_return http::Response::empty(200); }

}  // namespace carrel::jupyterhub
