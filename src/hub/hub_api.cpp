#include "hub/hub_api.hpp"

#include "base/time_text.hpp"
#include "http/problem.hpp"
#include "http/sse.hpp"
#include "runtime/log.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

namespace {

using nlohmann::json;

/// The JupyterHub whose API this is; clients read features from it.
constexpr std::string_view jupyterhub_version = "5.5.1";
/// How long POST waits for the server before it answers 202 (JupyterHub's slow_spawn_timeout).
constexpr Milliseconds slow_start{10'000};
constexpr Milliseconds keep_alive{8'000};

json time_or_null(std::optional<Time> const& time) {
    return time ? json(format_time_micro(*time)) : json(nullptr);
}

json pending_of(ServerState state) {
    if (state == ServerState::Queued || state == ServerState::Starting) return "spawn";
    if (state == ServerState::Stopping) return "stop";
    return nullptr;
}

json server_model(LiveServer const& server) {
    auto const base = server.owner.path() + "/";
    auto const& record = server.record;
    auto const api = "/c/" + server.owner.course.request.slug + "/hub/api/users/" +
                     percent_encode(server.owner.user.name) + "/server/progress";
    return {
        {"name", record.name},
        {"full_name", server.owner.user.name + "/" + record.name},
        {"last_activity", time_or_null(record.last_activity)},
        {"started", time_or_null(record.started_at)},
        {"pending", pending_of(record.state)},
        {"ready", record.state == ServerState::Running},
        {"stopped", record.state == ServerState::Stopped || record.state == ServerState::Failed},
        {"url", base},
        {"progress_url", api},
        {"user_options", json::object()}};
}

json user_model(HubAccess const& access, LiveServer const* server) {
    bool const active = server != nullptr && server->record.state != ServerState::Stopped &&
                        server->record.state != ServerState::Failed;
    json model{{"kind", "user"},
               {"name", access.owner.name},
               {"admin", access.owner.administrator},
               {"roles", json::array({"user"})},
               {"groups", json::array()},
               {"server", nullptr},
               {"pending", nullptr},
               {"created", format_time_micro(access.owner.created_at)},
               {"last_activity", nullptr},
               {"servers", json::object()}};
    if (!active) return model;
    model["pending"] = pending_of(server->record.state);
    model["last_activity"] = time_or_null(server->record.last_activity);
    if (server->record.state == ServerState::Running) model["server"] = server->owner.path() + "/";
    model["servers"][server->record.name] = server_model(*server);
    return model;
}

std::string progress_event(LiveServer const& server) {
    auto const& now = server.progress.latest();
    auto const url = server.owner.path() + "/";
    json event{{"progress", now.percent}, {"message", now.message}};
    if (now.queue_place) event["queue_position"] = *now.queue_place;
    if (now.ready) {
        event["ready"] = true;
        event["url"] = url;
        event["message"] = "Server ready at " + url;
        event["html_message"] = fmt::format("Server ready at <a href=\"{0}\">{0}</a>", url);
    }
    if (now.failed) {
        event["failed"] = true;
        event["log_tail"] = now.log_tail;
    }
    return http::format_event({.data = event.dump()});
}

Task<> stream_progress(std::shared_ptr<LiveServer> server, http::Stream& out) {
    for (;;) {
        auto const seen = server->progress.version();
        CO_TRY_VOID(co_await out.write(progress_event(*server)));
        if (server->progress.latest().over() && server->progress.version() == seen)
            co_return Result<>();
        while (server->progress.version() == seen) {
            CO_TRY_VOID(co_await server->progress.wait_for_change(seen, keep_alive));
            if (server->progress.version() == seen) CO_TRY_VOID(co_await out.write("\n\n"));
        }
    }
}

}  // namespace

http::Response hub_error(Error const& error) {
    // JupyterHub never answers 401, and clients of its API expect that.
    auto const status = error.code == Code::Unauthenticated ? 403U : http::status_of(error.code);
    auto const message = error.code == Code::Internal ? "Internal Server Error" : error.message;
    return http::Response::json({{"status", status}, {"message", message}}, status);
}

HubApi::HubApi(HubDependencies const& dependencies, Gate& gate, ServerLifecycle& servers)
    : use_(dependencies), gate_(gate), servers_(servers) {}

void HubApi::add(http::Router& router, std::string_view method, std::string_view path,
                 Answer (HubApi::*handler)(http::Request&)) {
    auto const pattern = "/c/{slug}/hub/api" + std::string(path);
    router.add(method, pattern, [this, handler](http::Request& request) -> Answer {
        auto answer = co_await (this->*handler)(request);
        if (answer) co_return answer;
        if (answer.error().code == Code::Internal)
            log::error("hub_api_failed",
                       {{"request", request.id}, {"cause", answer.error().message}});
        co_return hub_error(answer.error());
    });
}

void HubApi::add_routes(http::Router& router) {
    add(router, "GET", "", &HubApi::version);
    add(router, "GET", "/", &HubApi::version);
    add(router, "GET", "/users/{name}", &HubApi::user);
    add(router, "POST", "/users/{name}/server", &HubApi::start);
    add(router, "DELETE", "/users/{name}/server", &HubApi::stop);
    add(router, "GET", "/users/{name}/server/progress", &HubApi::progress);
}

Task<HubAccess> HubApi::access(http::Request const& request, Scope scope) {
    co_return co_await use_.pool.run([&]() -> Result<HubAccess> {
        TRY(auto const identity, gate_.identify(request));
        TRY_VOID(require(identity, scope));
        return use_.store.read([&](Transaction& transaction) {
            return find_hub_access(transaction, identity, request.parameter("slug"),
                                   request.parameter("name"));
        });
    });
}

HubApi::Answer HubApi::version(http::Request&) {
    auto answer = http::Response::json({{"version", jupyterhub_version}});
    answer.headers.set("X-JupyterHub-Version", jupyterhub_version);
    co_return answer;
}

HubApi::Answer HubApi::user(http::Request& request) {
    CO_TRY(auto access, co_await this->access(request, Scope::Servers));
    auto const server = servers_.find({access.course.id, access.owner.id, ""});
    co_return http::Response::json(user_model(access, server.get()));
}

HubApi::Answer HubApi::start(http::Request& request) {
    CO_TRY(auto access, co_await this->access(request, Scope::Servers));
    auto const running = servers_.find({access.course.id, access.owner.id, ""});
    if (running && running->record.state == ServerState::Running)
        co_return fail(Code::InvalidArgument, "{} is already running", access.owner.name);
    CO_TRY(auto server,
           co_await servers_.start({access.course, access.owner, ""}, access.identity.user.name));
    auto const deadline = Deadline::after(slow_start);
    while (!server->progress.latest().over() && !deadline.passed()) {
        auto const seen = server->progress.version();
        // In line there is nothing to wait for: the answer says "pending" at once.
        if (server->progress.latest().queue_place) break;
        CO_TRY_VOID(co_await server->progress.wait_for_change(seen, deadline.left()));
    }
    auto const& now = server->progress.latest();
    if (now.failed) co_return fail(Code::Unavailable, "{}", now.message);
    co_return http::Response::empty(now.ready ? 201 : 202);
}

HubApi::Answer HubApi::stop(http::Request& request) {
    CO_TRY(auto access, co_await this->access(request, Scope::Servers));
    ServerKey const key{access.course.id, access.owner.id, ""};
    CO_TRY_VOID(co_await servers_.stop(key, access.identity.user.name, "server_stopped", ""));
    auto const server = servers_.find(key);
    bool const over = !server || server->record.state == ServerState::Stopped ||
                      server->record.state == ServerState::Failed;
    co_return http::Response::empty(over ? 204 : 202);
}

HubApi::Answer HubApi::progress(http::Request& request) {
    CO_TRY(auto access, co_await this->access(request, Scope::Servers));
    auto const server = servers_.find({access.course.id, access.owner.id, ""});
    if (!server) co_return fail(Code::NotFound, "{} has not been started", access.owner.name);
    co_return http::event_stream(
        [server](http::Stream& out) { return stream_progress(server, out); });
}

}  // namespace carrel
