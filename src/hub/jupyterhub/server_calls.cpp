#include "hub/jupyterhub/server_calls.hpp"

#include "base/text.hpp"
#include "http/sse.hpp"
#include "hub/jupyterhub/answers.hpp"
#include "hub/jupyterhub/bodies.hpp"
#include "hub/jupyterhub/server_model.hpp"

#include <nlohmann/json.hpp>

namespace carrel::jupyterhub {

namespace {

using nlohmann::json;

/// How long POST waits for the server before it answers 202 (JupyterHub's slow_spawn_timeout).
constexpr Milliseconds slow_start{10'000};
constexpr Milliseconds keep_alive{8'000};

std::string progress_event(HubPaths const& paths, LiveServer const& server) {
    auto const& now = server.progress.latest();
    auto const url = server.owner.path(paths);
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

constexpr auto const* options_field = "user_options";
constexpr auto const* display_field = "display_name";

Result<ServerDetails> read_details(json const& body) {
    ServerDetails details;
    TRY(auto const shown, text_in(body, display_field));
    if (shown && !shown->empty()) {
        TRY(details.display_name, parse_server_display_name(*shown));
    }
    TRY(auto options, object_text_in(body, options_field));
    details.user_options = std::move(options).value_or("");
    return details;
}

/// What somebody says of the server that they start or make. JupyterHub 6 has it in fields, those
/// before have the options as the whole body; without a body, and without the field, they are what
/// was said at the last start: "".
Result<ServerDetails> details_in(http::Request const& request) {
    if (request.body.empty()) return ServerDetails();
    TRY(auto body, object_in(request));
    if (!body.contains(options_field) && !body.contains(display_field))
        body = {{options_field, std::move(body)}};
    if (body.value(display_field, json("")).is_null())
        return fail(Code::InvalidArgument, "'{}' is a string", display_field);
    return read_details(body);
}

Result<ServerEdit> edit_in(http::Request const& request) {
    TRY(auto const body, object_in(request));
    if (body.empty())
        return fail(Code::InvalidArgument, "Must specify at least one field to modify.");
    for (auto const& [field, value] : body.items())
        if (field != "name" && field != display_field && field != options_field)
            return fail(Code::InvalidArgument,
                        "Unexpected field: {}, supported fields: name, display_name, user_options",
                        for_log(field, 80));
    ServerEdit edit;
    TRY(auto const name, text_in(body, "name"));
    if (name) {
        TRY(edit.name, parse_server_name(*name));
    }
    TRY(edit.details, read_details(body));
    if (body.contains(options_field) && edit.details.user_options.empty())
        return fail(Code::InvalidArgument, "'{}' is an object", options_field);
    return edit;
}

Task<> stream_progress(HubPaths paths, std::shared_ptr<LiveServer> server, http::Stream& out) {
    for (;;) {
        auto const seen = server->progress.version();
        CO_TRY_VOID(co_await out.write(progress_event(paths, *server)));
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
    for (std::string const path : {"/users/{name}/server", "/users/{name}/servers/{server}"}) {
        routes.add("GET", path, &ServerCalls::show);
        routes.add("PUT", path, &ServerCalls::make);
        routes.add("PATCH", path, &ServerCalls::edit);
        routes.add("POST", path, &ServerCalls::start);
        routes.add("DELETE", path, &ServerCalls::stop);
        routes.add("GET", path + "/progress", &ServerCalls::progress);
    }
}

Task<ServerCalls::Asked> ServerCalls::ask(http::Request const& request, std::string_view scope) {
    co_return co_await use_.pool.run([&]() -> Result<Asked> {
        Asked asked;
        auto const& name = request.parameter("name");
        asked.server = request.parameter("server");
        TRY(asked.caller, callers_.identify(request));
        TRY_VOID(require_scope(asked.caller, scope, {.user = name, .server = asked.server}));
        TRY_VOID(use_.store.read([&](Transaction& transaction) -> Result<> {
            TRY(asked.owner, find_user_of_hub(transaction, asked.caller.course, name));
            auto row =
                transaction.servers().find(asked.caller.course.id, asked.owner.id, asked.server);
            if (!row && row.error().code != Code::NotFound) return std::unexpected(row.error());
            if (row) asked.row = *std::move(row);
            return {};
        }));
        return asked;
    });
}

http::Response ServerCalls::model_of(Asked const& asked, ServerRecord const& row,
                                     unsigned status) const {
    std::string text;
    for (auto const& server : servers_.known_of(asked.caller.course, asked.owner, {row}))
        if (server->record.name == row.name) append_server_model(text, asked.caller.paths, *server);
    auto answer = http::Response::text(std::move(text), status);
    answer.headers.set("Content-Type", "application/json");
    return answer;
}

ServerCalls::Answer ServerCalls::show(http::Request& request) {
    CO_TRY(auto const asked, co_await ask(request, "read:servers"));
    auto const server = servers_.find(asked.key());
    if (server && !has_ended(server->record.state)) co_return model_of(asked, server->record);
    if (!asked.row)
        co_return fail(Code::NotFound, "{} has no server named '{}'", asked.owner.name,
                       for_log(asked.server, 80));
    co_return model_of(asked, *asked.row);
}

ServerCalls::Answer ServerCalls::make(http::Request& request) {
    CO_TRY(auto const asked, co_await ask(request, "start:servers"));
    if (asked.server.empty())
        co_return fail(Code::Conflict, "{} already has a default server", asked.owner.name);
    CO_TRY_VOID(parse_server_name(asked.server));
    CO_TRY(auto details, details_in(request));
    CO_TRY(auto const row,
           co_await servers_.make(asked.whose(), asked.caller.actor(), std::move(details)));
    co_return model_of(asked, row, 201);
}

ServerCalls::Answer ServerCalls::edit(http::Request& request) {
    CO_TRY(auto const asked, co_await ask(request, "start:servers"));
    CO_TRY(auto edit, edit_in(request));
    if (!asked.row)
        co_return fail(Code::NotFound, "{} has no such server {}", asked.owner.name,
                       for_log(asked.server, 80));
    if (edit.is_nothing()) co_return model_of(asked, *asked.row);
    // A right that is about one name gives no other.
    if (!edit.name.empty())
        CO_TRY_VOID(require_scope(asked.caller, "start:servers",
                                  {.user = asked.owner.name, .server = edit.name}));
    CO_TRY(auto const row,
           co_await servers_.edit(asked.whose(), asked.caller.actor(), std::move(edit)));
    co_return model_of(asked, row);
}

ServerCalls::Answer ServerCalls::start(http::Request& request) {
    CO_TRY(auto const asked, co_await ask(request, "start:servers"));
    auto const& name = asked.server;
    if (!name.empty()) CO_TRY_VOID(parse_server_name(name));
    auto const running = servers_.find(asked.key());
    if (running && running->record.state == ServerState::Running)
        co_return fail(Code::InvalidArgument, "{} is already running", asked.full_name());
    if (running && running->record.state == ServerState::Stopping)
        co_return fail(Code::InvalidArgument, "{} is pending stop", asked.full_name());
    CO_TRY(auto details, details_in(request));
    CO_TRY(auto server,
           co_await servers_.start(asked.whose(), asked.caller.actor(), std::move(details)));
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
    if (!asked.server.empty() && !asked.row)
        co_return fail(Code::NotFound, "{} has no server named '{}'", asked.owner.name,
                       for_log(asked.server, 80));
    bool remove = false;
    if (!request.body.empty()) {
        CO_TRY(auto const body, request.json());
        remove = body.value("remove", json()) == true;
    }
    if (remove) co_return co_await this->remove(asked);
    CO_TRY_VOID(co_await servers_.stop(asked.key(), asked.caller.actor(), "server_stopped", ""));
    auto const server = servers_.find(asked.key());
    bool const over = !server || has_ended(server->record.state);
    co_return http::Response::empty(over ? 204 : 202);
}

ServerCalls::Answer ServerCalls::remove(Asked const& asked) {
    if (asked.server.empty())
        co_return fail(Code::InvalidArgument, "Cannot delete the default server");
    CO_TRY_VOID(co_await servers_.remove(asked.key(), asked.caller.actor()));
    co_return http::Response::empty(servers_.find(asked.key()) ? 202 : 204);
}

ServerCalls::Answer ServerCalls::progress(http::Request& request) {
    CO_TRY(auto const asked, co_await ask(request, "read:servers"));
    auto const server = servers_.find(asked.key());
    if (!server && asked.row && !asked.server.empty())
        co_return fail(Code::InvalidArgument, "{} is not starting...", asked.full_name());
    if (!server) co_return fail(Code::NotFound, "{} has not been started", asked.full_name());
    co_return http::event_stream([server, paths = use_.paths](http::Stream& out) {
        return stream_progress(paths, server, out);
    });
}

}  // namespace carrel::jupyterhub
