#include "base/time_text.hpp"
#include "portal/views.hpp"

namespace carrel {

using nlohmann::json;

namespace {

/// Why it failed may name people and their files; that is for those who manage the course.
bool may_read_reason(SeenCourse const& seen) {
    return seen.managed() || seen.course.state != CourseState::Failed;
}

/// What the course's last run did; null before the first.
Result<json> deployment_view(Transaction& transaction, SeenCourse const& seen) {
    TRY(auto const runs, transaction.deployments().of_course(seen.course.id));
    if (runs.empty()) return json();
    auto const& run = runs.front();
    return json{{"id", run.id.value()},
                {"kind", name_of(run.kind)},
                {"state", name_of(run.state)},
                {"started_at", format_time(run.started_at)},
                {"deadline", format_time(run.deadline)},
                {"finished_at", time_or_null(run.finished_at)},
                {"message", seen.managed() ? text_or_null(run.message) : json()}};
}

Result<json> counts_view(Transaction& transaction, Course const& course) {
    TRY(auto counts, transaction.applications().count(course.id));
    return json{{"accepted", counts[ApplicationState::Accepted]},
                {"pending", counts[ApplicationState::Pending]}};
}

/// True when there is something for `user` to take out.
Result<bool> has_export(Transaction& transaction, SeenCourse const& seen, User const& user) {
    if (seen.managed()) {
        TRY(auto const rows, transaction.exports().of_course(seen.course.id));
        return !rows.empty();
    }
    auto const row = transaction.exports().find(seen.course.id, user.id);
    if (!row && row.error().code != Code::NotFound) return std::unexpected(row.error());
    return row && row->verified_at.has_value();
}

Result<json> may_view(Transaction& transaction, SeenCourse const& seen, User const& user,
                      GovernancePolicy const& policy) {
    auto may = json::array();
    for (auto const action : permitted_actions(seen.course, seen.standing, policy)) {
        bool const applies = action == Action::Apply;
        if (applies && (seen.standing.leader || seen.application)) continue;
        may.push_back(name_of(action));
    }
    if (seen.course.state == CourseState::Deployed && seen.belongs()) may.push_back("enter");
    TRY(bool const exported, has_export(transaction, seen, user));
    if (exported) may.push_back("export");
    if (seen.managed()) may.push_back("manage");
    return may;
}

Result<std::pair<json, json>> names_of(Transaction& transaction, Course const& course) {
    auto ids = course.leaders;
    ids.push_back(course.requested_by);
    TRY(auto const users, transaction.users().find_all(ids));
    auto const name = [&](UserId const& id) {
        auto const found = users.find(id);
        return found == users.end() ? json() : json(found->second.name);
    };
    auto leaders = json::array();
    for (auto const& id : course.leaders) leaders.push_back(name(id));
    return std::pair{leaders, name(course.requested_by)};
}

}  // namespace

Result<std::optional<Export>> folder_export(Transaction& transaction, SeenCourse const& seen) {
    if (!seen.belongs()) return std::nullopt;
    auto row = transaction.exports().find_folder(seen.course.id);
    if (!row && row.error().code != Code::NotFound) return std::unexpected(std::move(row).error());
    if (!row || !row->verified_at || row->files == 0) return std::nullopt;
    return *std::move(row);
}

json image_detail(CourseRequest const& request) {
    return request.image.empty() ? json::object() : json{{"image", request.image}};
}

Result<json> view_of(Transaction& transaction, SeenCourse const& seen, User const& user,
                     PortalDependencies const& portal) {
    auto const& course = seen.course;
    auto const& request = course.request;
    TRY(auto const names, names_of(transaction, course));
    TRY(auto deployment, deployment_view(transaction, seen));
    TRY(auto counts, counts_view(transaction, course));
    TRY(auto may, may_view(transaction, seen, user, portal.policy));
    TRY(auto const folder, folder_export(transaction, seen));
    json const me = {
        {"leader", seen.standing.leader},
        {"participant", seen.application ? json(name_of(seen.application->state)) : json()},
        {"may", std::move(may)}};
    auto const hub =
        course.state == CourseState::Deployed ? portal.paths.base(request.slug) : std::string();
    return json{{"slug", request.slug},
                {"name", request.name},
                {"description", request.description},
                {"starts_at", format_time(request.starts_at)},
                {"ends_at", time_or_null(request.ends_at)},
                {"expected_participants", request.expected_participants},
                {"resources", view_of(request.resources)},
                {"environment", request.environment},
                {"image", text_or_null(request.image)},
                {"target", request.target},
                {"shared_folder", request.shared_folder},
                {"folder_export", folder ? view_of(*folder) : json()},
                {"state", name_of(course.state)},
                {"state_since", format_time(course.state_since)},
                {"reason", may_read_reason(seen) ? text_or_null(course.reason) : json()},
                {"wanted", course.wanted ? json(name_of(*course.wanted)) : json()},
                {"leaders", names.first},
                {"requested_by", names.second},
                {"created_at", format_time(course.created_at)},
                {"updated_at", format_time(course.updated_at)},
                {"hub_url", text_or_null(hub)},
                {"deployment", std::move(deployment)},
                {"participants", std::move(counts)},
                {"me", me}};
}

}  // namespace carrel
