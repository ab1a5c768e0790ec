#include "hub/hub_api.hpp"

#include "auth/secret.hpp"
#include "http/sse.hpp"
#include "hub/jupyterhub/answers.hpp"
#include "hub/jupyterhub/models.hpp"
#include "hub/jupyterhub/names.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

namespace {

using nlohmann::json;

/// How long POST waits for the server before it answers 202 (JupyterHub's slow_spawn_timeout).
constexpr Milliseconds slow_start{10'000};
constexpr Milliseconds keep_alive{8'000};

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

HubApi::HubApi(HubDependencies const& dependencies, Gate& gate, jupyterhub::CallerGate& callers,
               ServerLifecycle& servers)
    : use_(dependencies), gate_(gate), callers_(callers), servers_(servers) {}

void HubApi::add(http::Router& router, std::string_view method, std::string_view path,
                 Answer (HubApi::*handler)(http::Request&)) {
    auto const pattern = "/c/{slug}/hub/api" + std::string(path);
    router.add(method, pattern, jupyterhub::hub_call([this, handler](http::Request& request) {
                   return (this->*handler)(request);
               }));
}

void HubApi::add_routes(http::Router& router) {
    add(router, "GET", "", &HubApi::version);
    add(router, "GET", "/", &HubApi::version);
    add(router, "GET", "/users/{name}", &HubApi::user);
    add(router, "POST", "/users/{name}/server", &HubApi::start);
    add(router, "DELETE", "/users/{name}/server", &HubApi::stop);
    add(router, "GET", "/users/{name}/server/progress", &HubApi::progress);
}

Task<HubAccess> HubApi::access(http::Request const& request, Needs needs) {
    co_return co_await use_.pool.run([&]() -> Result<HubAccess> {
        if (auto const token = jupyterhub::token_in(request);
            token && !token->starts_with(token_prefix))
            return access_by_hub_token(request, needs.hub);
        TRY(auto const identity, gate_.identify(request));
        TRY_VOID(require(identity, needs.carrel));
        return use_.store.read([&](Transaction& transaction) {
            return find_hub_access(transaction, identity, request.parameter("slug"),
                                   request.parameter("name"));
        });
    });
}

Result<HubAccess> HubApi::access_by_hub_token(http::Request const& request,
                                              std::string_view scope) const {
    auto const& name = request.parameter("name");
    TRY(auto caller, callers_.identify(request));
    TRY_VOID(jupyterhub::require_scope(caller, scope, {.user = name, .server = ""}));
    HubAccess access{.identity = {.user = caller.user}, .course = std::move(caller.course)};
    access.scopes = std::move(caller.scopes);
    access.own = name == caller.user.name;
    TRY_VOID(use_.store.read([&](Transaction& transaction) -> Result<> {
        auto owner = transaction.users().find_by_name(name);
        if (!owner && owner.error().code != Code::NotFound) return std::unexpected(owner.error());
        if (owner) {
            TRY(bool const entitled, may_have_server(transaction, access.course, owner->id));
            if (entitled) {
                access.owner = *std::move(owner);
                return {};
            }
        }
        return fail(Code::NotFound, "No such user: {}", name.substr(0, 80));
    }));
    return access;
}

HubApi::Answer HubApi::version(http::Request&) {
    auto answer = http::Response::json({{"version", jupyterhub::version}});
    answer.headers.set("Access-Control-Allow-Origin", "*");
    co_return answer;
}

HubApi::Answer HubApi::user(http::Request& request) {
    CO_TRY(auto access, co_await this->access(request, {Scope::Servers, "read:users:name"}));
    std::vector<std::shared_ptr<LiveServer>> servers;
    if (auto server = servers_.find({access.course.id, access.owner.id, ""});
        server && jupyterhub::is_active(*server))
        servers.push_back(std::move(server));
    // By Carrel's log-in whoever gets here may see everything.
    static auto const everything =
        rbac::ScopeSet::expand(std::vector<std::string>{"read:users", "read:servers"}, {});
    std::vector<std::string> const roles{"user"};
    co_return http::Response::json(jupyterhub::user_model(
        access.scopes ? *access.scopes : *everything, access.owner, roles, servers));
}

HubApi::Answer HubApi::start(http::Request& request) {
    CO_TRY(auto access, co_await this->access(request, {Scope::Servers, "servers"}));
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
    CO_TRY(auto access, co_await this->access(request, {Scope::Servers, "delete:servers"}));
    ServerKey const key{access.course.id, access.owner.id, ""};
    CO_TRY_VOID(co_await servers_.stop(key, access.identity.user.name, "server_stopped", ""));
    auto const server = servers_.find(key);
    bool const over = !server || server->record.state == ServerState::Stopped ||
                      server->record.state == ServerState::Failed;
    co_return http::Response::empty(over ? 204 : 202);
}

HubApi::Answer HubApi::progress(http::Request& request) {
    CO_TRY(auto access, co_await this->access(request, {Scope::Servers, "read:servers"}));
    auto const server = servers_.find({access.course.id, access.owner.id, ""});
    if (!server) co_return fail(Code::NotFound, "{} has not been started", access.owner.name);
    co_return http::event_stream(
        [server](http::Stream& out) { return stream_progress(server, out); });
}

}  // namespace carrel
