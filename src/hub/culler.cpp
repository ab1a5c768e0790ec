#include "hub/culler.hpp"

#include "base/time_text.hpp"
#include "hub/jupyterhub/server_token.hpp"
#include "runtime/log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel {

namespace {

using nlohmann::json;

constexpr Milliseconds patience{5'000};

/// Takes the newest `last_activity` of a list of kernels or terminals into `activity`.
bool read_list(std::string_view text, JupyterActivity& activity) {
    auto const list = json::parse(text, nullptr, false);
    if (!list.is_array()) return false;
    for (auto const& item : list) {
        if (!item.is_object()) return false;
        if (item.value("execution_state", json()) == "busy") activity.busy = true;
        auto const at = item.value("last_activity", json());
        if (!at.is_string()) continue;
        auto const time = parse_time(at.get<std::string>());
        if (time) activity.last = std::max(activity.last.value_or(*time), *time);
    }
    return true;
}

/// "a minute", "90 minutes".
std::string in_minutes(Milliseconds time) {
    auto const minutes = std::chrono::round<std::chrono::minutes>(time).count();
    return minutes <= 1 ? "a minute" : fmt::format("{} minutes", minutes);
}

}  // namespace

std::optional<JupyterActivity> read_jupyter_activity(std::string_view kernels,
                                                     std::string_view terminals) {
    JupyterActivity activity;
    if (!read_list(kernels, activity)) return {};
    read_list(terminals, activity);  // servers without terminals answer 404
    return activity;
}

Time newest_activity(Time known, std::optional<JupyterActivity> const& jupyter,
                     RouteActivity const& route, Time now) {
    if (jupyter && jupyter->busy) return now;
    auto const used = jupyter ? route.last_change : route.last;
    auto newest = std::max(known, used.value_or(known));
    if (jupyter) newest = std::max(newest, jupyter->last.value_or(known));
    // A server cannot have been active in the future, whatever it says.
    return std::min(newest, now);
}

std::optional<Time> announced_stop(HubSettings const& settings, Time last, Time now) {
    if (settings.idle_timeout.count() <= 0) return {};
    auto const stops_at = last + settings.idle_timeout;
    auto const before = std::min(settings.idle_warning, settings.idle_timeout / 2);
    if (before.count() <= 0 || now < stops_at - before) return {};
    return stops_at;
}

Culler::Culler(HubDependencies const& dependencies, HubSettings const& settings,
               ServerLifecycle& servers, http::Client& client)
    : use_(dependencies), settings_(settings), servers_(servers), client_(client) {}

Task<std::string> Culler::secret_of(std::shared_ptr<LiveServer> server) {
    if (!server->record.secret.empty()) co_return server->record.secret;
    if (!server->look_secret.empty()) co_return server->look_secret;
    auto const secret = use_.random.hex(16);
    CO_TRY(auto const token,
           jupyterhub::server_token(server->owner, use_.paths, secret, use_.clock.now()));
    CO_TRY_VOID(co_await use_.pool.run([&] {
        return use_.store.write([&](Transaction& transaction) -> Result<> {
            TRY_VOID(transaction.hub_tokens().insert(token));
            return {};
        });
    }));
    server->look_secret = secret;
    co_return secret;
}

Task<std::string> Culler::ask(std::shared_ptr<LiveServer> server, std::string_view what) {
    CO_TRY(auto const secret, co_await secret_of(server));
    http::ClientRequest const request{
        .url = server->record.endpoint + server->owner.path(use_.paths) + std::string(what),
        .headers = {{"Authorization", "token " + secret}},
        .largest_body = 1024UL * 1024UL};
    CO_TRY(auto response, co_await use_.pool.run(
                              [&] { return client_.fetch(request, Deadline::after(patience)); }));
    co_return response.status == 200 ? response.body : std::string();
}

Task<Culler::Seen> Culler::last_seen(std::shared_ptr<LiveServer> server) {
    CO_TRY(auto kernels, co_await ask(server, "api/kernels"));
    CO_TRY(auto terminals, co_await ask(server, "api/terminals"));
    CO_TRY(auto route, co_await use_.proxy.activity(server->owner.route(use_.paths)));
    auto const jupyter = read_jupyter_activity(kernels, terminals);
    if (!jupyter && server->speaks_jupyter)
        co_return fail(Code::Unavailable, "it does not say what its kernels do");
    server->speaks_jupyter = jupyter.has_value();
    auto const now = use_.clock.now();
    auto const& record = server->record;
    auto const since = record.state_since;
    auto const shown = record.last_activity.value_or(since);
    bool const reports = record.secret.empty();
    if (!reports || !jupyter) {
        auto const used = newest_activity(shown, jupyter, route, now);
        co_return Seen{.used = used, .shown = used};
    }
    server->last_use = newest_activity(server->last_use.value_or(since), jupyter, route, now);
    co_return Seen{.used = *server->last_use, .shown = newest_activity(shown, {}, route, now)};
}

Task<> Culler::announce(std::shared_ptr<LiveServer> server, std::optional<Time> stops_at) {
    server->stops_at = stops_at;
    if (server->told_stops_at == stops_at) co_return Result<>();
    server->told_stops_at = stops_at;
    CO_TRY(auto const secret, co_await secret_of(server));
    json const notice{{"stops_at", stops_at ? json(format_time(*stops_at)) : json()}};
    http::ClientRequest const request{
        .method = "PUT",
        .url = server->record.endpoint + server->owner.path(use_.paths) + "carrel/notice",
        .headers = {{"Authorization", "token " + secret}, {"Content-Type", "application/json"}},
        .body = notice.dump(),
        .largest_body = 64UL * 1024UL};
    auto const told =
        co_await use_.pool.run([&] { return client_.fetch(request, Deadline::after(patience)); });
    // Its owner is told in our own pages all the same.
    if (!told)
        log::debug("notice_not_taken",
                   {{"path", server->owner.path(use_.paths)}, {"cause", told.error().message}});
    co_return Result<>();
}

Task<> Culler::look_at(std::shared_ptr<LiveServer> server) {
    CO_TRY(auto const seen, co_await last_seen(server));
    if (server->record.state != ServerState::Running) co_return Result<>();
    if (seen.shown != server->record.last_activity) {
        server->record.last_activity = seen.shown;
        auto const key = server->owner.key();
        CO_TRY_VOID(co_await use_.pool.run([&] {
            return use_.store.write_behind([&](Transaction& transaction) {
                return transaction.servers().set_activity(key.course, key.user, key.name,
                                                          seen.shown);
            });
        }));
    }
    CO_TRY_VOID(co_await announce(server, announced_stop(settings_, seen.used, use_.clock.now())));
    bool const idle = settings_.idle_timeout.count() > 0 &&
                      use_.clock.now() - seen.used >= settings_.idle_timeout;
    if (!idle) co_return Result<>();
    co_return co_await servers_.stop(
        server->owner.key(), {}, "server_culled",
        fmt::format("Stopped because it was not used for {}; your files are kept",
                    in_minutes(settings_.idle_timeout)));
}

Task<> Culler::pass() {
    for (auto const& server : servers_.in_state(ServerState::Running)) {
        auto const looked = co_await look_at(server);
        if (looked) continue;
        if (looked.error().code == Code::Cancelled) co_return looked;
        // A server that does not answer is not called idle: it may be computing.
        log::debug("activity_unknown",
                   {{"path", server->owner.path(use_.paths)}, {"cause", looked.error().message}});
    }
    co_return Result<>();
}

}  // namespace carrel
