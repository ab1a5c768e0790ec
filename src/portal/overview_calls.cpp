/// The whole platform, for administrators: what runs, and what happened.

#include "portal/calls.hpp"
#include "portal/input.hpp"
#include "portal/machine.hpp"
#include "portal/views.hpp"

namespace carrel {

namespace {

using nlohmann::json;

Result<> check_administrator(Visit const& visit) {
    if (visit.who.user.administrator) return {};
    return fail(Code::PermissionDenied, "only administrators may see this");
}

Result<http::Response> show_audit(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_administrator(visit));
    TRY(auto const page, read_page(visit.request));
    TRY(auto const before, read_number_after(visit.request));
    std::vector<json> items;
    std::vector<std::string> keys;
    TRY_VOID(portal.store.read([&](Transaction& transaction) -> Result<> {
        TRY(auto const events, transaction.events().newest(before, page.limit + 1));
        for (auto const& event : events) {
            auto view = view_of(event);
            view["course"] = nullptr;
            if (event.course)
                if (auto const course = transaction.courses().find(*event.course))
                    view["course"] = course->request.slug;
            keys.push_back(std::to_string(event.id));
            items.push_back(std::move(view));
        }
        return {};
    }));
    return http::Response::json(page_of(std::move(items), keys, page.limit));
}

Result<json> counts_view(Transaction& transaction) {
    TRY(auto courses, transaction.courses().count_by_state());
    TRY(auto servers, transaction.servers().count_by_state());
    TRY(auto const users, transaction.users().count());
    auto by_state = json::object();
    for (auto const state : all_course_states)
        by_state[std::string(name_of(state))] = courses[state];
    return json{{"courses", std::move(by_state)},
                {"servers",
                 {{"running", servers[ServerState::Running]},
                  {"starting", servers[ServerState::Starting]},
                  {"queued", servers[ServerState::Queued]}}},
                {"users", users}};
}

/// What is wrong with the course whose hub is to be at "/"; null when nothing is.
Result<json> root_course_view(Transaction& transaction, std::string const& slug) {
    if (slug.empty()) return json(nullptr);
    auto const problem = [&](char const* what) { return json{{"slug", slug}, {"problem", what}}; };
    auto const course = transaction.courses().find_by_slug(slug);
    if (!course && course.error().code == Code::NotFound) return problem("missing");
    TRY_VOID(course);
    return course->request.ends_at ? problem("ends") : json(nullptr);
}

Result<http::Response> show_overview(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_administrator(visit));
    TRY(auto view, portal.store.read([&](Transaction& transaction) -> Result<json> {
        TRY(auto counts, counts_view(transaction));
        TRY(counts["root_course"], root_course_view(transaction, portal.paths.root_course()));
        return counts;
    }));
    auto const& platform = portal.platform;
    auto const machine = read_machine_facts(platform.data);
    view["machine"] = {{"cpus", machine.cpus},
                       {"memory_bytes", machine.memory_bytes},
                       {"memory_available_bytes", machine.memory_available_bytes},
                       {"disk_free_bytes", machine.disk_free_bytes},
                       {"load", machine.load}};
    view["isolation"] = {{"level", platform.isolation.level},
                         {"notices", platform.isolation.notices}};
    view["one_origin"] = platform.one_origin;
    view["version"] = platform.version;
    view["uptime_seconds"] =
        std::chrono::floor<Seconds>(portal.clock.now() - platform.started_at).count();
    return http::Response::json(view);
}

}  // namespace

void add_overview_calls(Calls& calls) {
    calls.topic("Platform");
    calls.add({.method = "GET",
               .path = "/audit",
               .summary = "Everything that happened, newest first; for administrators",
               .scope = Scope::Governance,
               .gives = "AuditEvent[]"},
              show_audit);
    calls.add({.method = "GET",
               .path = "/overview",
               .summary = "What runs, on what machine; for administrators",
               .scope = Scope::Governance,
               .gives = "Overview"},
              show_overview);
}

}  // namespace carrel
