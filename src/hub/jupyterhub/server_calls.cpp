#include "hub/jupyterhub/server_calls.hpp"

#include "http/sse.hpp"
#include "hub/jupyterhub/answers.hpp"

#include <nlohmann/json.hpp>

namespace carrel::jupyterhub {

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

void ServerCalls::add_routes(http::Router& router) {
    ApiRoutes routes(router, *this);
    routes.add("POST", "/users/{name}/server", &ServerCalls::start);
    routes.add("DELETE", "/users/{name}/server", &ServerCalls::stop);
    routes.add("GET", "/users/{name}/server/progress", &ServerCalls::progress);
}

Task<ServerCalls::Asked> ServerCalls::ask(http::Request const& request, std::string_view scope) {
    co_return co_await use_.pool.run([&]() -> Result<Asked> {
        Asked asked;
        auto const& name = request.parameter("name");
        TRY(asked.caller, callers_.identify(request));
        TRY_VOID(require_scope(asked.caller, scope, {.user = name, .server = asked.server}));
        TRY(asked.owner, use_.store.read([&](Transaction& transaction) {
            return find_user_of_hub(transaction, asked.caller.course, name);
        }));
        return asked;
    });
}

ServerCalls::Answer ServerCalls::start(http::Request& request) {
    CO_TRY(auto const asked, co_await ask(request, "servers"));
    auto const& [caller, owner, name] = asked;
    auto const running = servers_.find(asked.key());
    if (running && running->record.state == ServerState::Running)
        co_return fail(Code::InvalidArgument, "{} is already running", owner.name);
    CO_TRY(auto server, co_await servers_.start({caller.course, owner, name}, caller.user.name));
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

ServerCalls::Answer ServerCalls::stop(http::Request& request) {
    CO_TRY(auto const asked, co_await ask(request, "delete:servers"));
    CO_TRY_VOID(co_await servers_.stop(asked.key(), asked.caller.user.name, "server_stopped", ""));
    auto const server = servers_.find(asked.key());
    bool const over = !server || has_ended(server->record.state);
    co_return http::Response::empty(over ? 204 : 202);
}

ServerCalls::Answer ServerCalls::progress(http::Request& request) {
    CO_TRY(auto const asked, co_await ask(request, "read:servers"));
    auto const server = servers_.find(asked.key());
    if (!server) co_return fail(Code::NotFound, "{} has not been started", asked.owner.name);
    co_return http::event_stream(
        [server](http::Stream& out) { return stream_progress(server, out); });
}

}  // namespace carrel::jupyterhub
