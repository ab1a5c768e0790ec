#include "hub/culler.hpp"

#include "base/time_text.hpp"
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

Culler::Culler(HubDependencies const& dependencies, HubSettings const& settings,
               ServerLifecycle& servers, http::Client& client)
    : use_(dependencies), settings_(settings), servers_(servers), client_(client) {}

Task<std::string> Culler::ask(LiveServer const& server, std::string_view what) {
    // It would not let us in; it tells the hub by itself.
    if (server.record.secret.empty()) co_return std::string();
    http::ClientRequest const request{
        .url = server.record.endpoint + server.owner.path() + "/" + std::string(what),
        .headers = {{"Authorization", "token " + server.record.secret}},
        .largest_body = 1024UL * 1024UL};
    CO_TRY(auto response, co_await use_.pool.run(
                              [&] { return client_.fetch(request, Deadline::after(patience)); }));
    co_return response.status == 200 ? response.body : std::string();
}

Task<Time> Culler::last_activity(std::shared_ptr<LiveServer> server) {
    auto const known = server->record.last_activity.value_or(server->record.state_since);
    CO_TRY(auto kernels, co_await ask(*server, "api/kernels"));
    CO_TRY(auto terminals, co_await ask(*server, "api/terminals"));
    CO_TRY(auto route, co_await use_.proxy.activity(server->owner.route()));
    co_return newest_activity(known, read_jupyter_activity(kernels, terminals), route,
                              use_.clock.now());
}

Task<> Culler::look_at(std::shared_ptr<LiveServer> server) {
    CO_TRY(auto last, co_await last_activity(server));
    if (server->record.state != ServerState::Running) co_return Result<>();
    if (last != server->record.last_activity) {
        server->record.last_activity = last;
        auto const key = server->owner.key();
        CO_TRY_VOID(co_await use_.pool.run([&] {
            return use_.store.write([&](Transaction& transaction) {
                return transaction.servers().set_activity(key.course, key.user, key.name, last);
            });
        }));
    }
    bool const idle =
        settings_.idle_timeout.count() > 0 && use_.clock.now() - last >= settings_.idle_timeout;
    if (!idle) co_return Result<>();
    auto const minutes = std::chrono::round<std::chrono::minutes>(settings_.idle_timeout).count();
    co_return co_await servers_.stop(
        server->owner.key(), {}, "server_culled",
        fmt::format("Stopped because it was not used for {} minutes; your files are kept",
                    std::max<long long>(minutes, 1)));
}

Task<> Culler::pass() {
    for (auto const& server : servers_.in_state(ServerState::Running)) {
        auto const looked = co_await look_at(server);
        if (looked) continue;
        if (looked.error().code == Code::Cancelled) co_return looked;
        // A server that does not answer is not called idle: it may be computing.
        log::debug("activity_unknown",
                   {{"path", server->owner.path()}, {"cause", looked.error().message}});
    }
    co_return Result<>();
}

}  // namespace carrel
