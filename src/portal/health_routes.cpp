/// For the machine's operator: does it live, can it serve, how much of everything is there.

#include "portal/calls.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

namespace {

/// A family of gauges in Prometheus' text format.
template <class State>
std::string gauges(std::string_view name, std::string_view help,
                   std::map<State, long long> const& values) {
    auto text = fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, help);
    for (auto const& [state, value] : values)
        text += fmt::format("{}{{state=\"{}\"}} {}\n", name, name_of(state), value);
    return text;
}

std::string gauge(std::string_view name, std::string_view help, long long value) {
    return fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n{0} {2}\n", name, help, value);
}

Result<http::Response> show_metrics(PortalDependencies const& portal) {
    TRY(auto text, portal.store.read([](Transaction& transaction) -> Result<std::string> {
        TRY(auto courses, transaction.courses().count_by_state());
        TRY(auto servers, transaction.servers().count_by_state());
        TRY(auto const users, transaction.users().count());
        for (auto const state : all_course_states) courses.try_emplace(state, 0);
        using enum ServerState;
        for (auto const state : {Stopped, Queued, Starting, Running, Stopping, Failed})
            servers.try_emplace(state, 0);
        return gauges("carrel_courses", "Courses by state.", courses) +
               gauges("carrel_servers", "Notebook servers by state.", servers) +
               gauge("carrel_users", "Accounts.", users);
    }));
    text +=
        gauge("process_start_time_seconds", "Start of the control process, Unix time.",
              std::chrono::floor<Seconds>(portal.platform.started_at).time_since_epoch().count());
    auto response = http::Response::text(std::move(text));
    response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    return response;
}

}  // namespace

void add_health_routes(http::Router& router, PortalDependencies const& portal) {
    router.add("GET", "/healthz", [](http::Request&) -> Task<http::Response> {
        co_return http::Response::json({{"status", "ok"}});
    });
    router.add_blocking("GET", "/readyz", [&portal](http::Request&) -> Result<http::Response> {
        auto const counted =
            portal.store.read([](Transaction& transaction) { return transaction.users().count(); });
        if (!counted) return fail(Code::Unavailable, "the store does not answer");
        return http::Response::json({{"status", "ok"}});
    });
    router.add_blocking("GET", "/metrics",
                        [&portal](http::Request&) { return show_metrics(portal); });
}

}  // namespace carrel
