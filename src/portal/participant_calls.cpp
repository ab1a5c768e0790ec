/// Admission: a leader accepts, rejects and removes those who applied.

#include "base/text.hpp"
#include "base/time_text.hpp"
#include "domain/course_rules.hpp"
#include "portal/calls.hpp"
#include "portal/input.hpp"
#include "portal/record.hpp"
#include "portal/views.hpp"
#include "store/participant_removal.hpp"
#include "store/visit_end.hpp"

namespace carrel {

namespace {

using nlohmann::json;

/// Everything about a course's people that one page of participants needs.
struct People {
    std::map<UserId, User> users;  ///< who applied, and who decided
    std::map<UserId, ServerRecord> servers;
    std::map<UserId, Export> exports;
};

Result<People> read_people(Transaction& transaction, Course const& course,
                           std::vector<Application> const& applications) {
    std::vector<UserId> ids;
    for (auto const& application : applications) {
        ids.push_back(application.user);
        if (application.decided_by) ids.push_back(*application.decided_by);
    }
    People people;
    TRY(people.users, transaction.users().find_all(ids));
    TRY(auto const servers, transaction.servers().of_course(course.id));
    for (auto const& server : servers)
        if (server.name.empty()) people.servers.emplace(server.user, server);
    TRY(auto const exports, transaction.exports().of_course(course.id));
    for (auto const& row : exports) people.exports.emplace(row.user, row);
    return people;
}

json server_view(PortalDependencies const& portal, Course const& course, User const& user,
                 People const& people) {
    auto const found = people.servers.find(user.id);
    if (found == people.servers.end()) return {};
    return {{"state", name_of(found->second.state)},
            {"last_activity", time_or_null(found->second.last_activity)},
            {"url", portal.paths.server(course.request.slug, user.name, "")}};
}

json participant_view(PortalDependencies const& portal, Course const& course,
                      Application const& application, People const& people) {
    auto const& user = people.users.at(application.user);
    json decided_by;
    if (application.decided_by)
        if (auto const found = people.users.find(*application.decided_by);
            found != people.users.end())
            decided_by = found->second.name;
    auto const row = people.exports.find(user.id);
    return {{"username", user.name},
            {"display_name", user.display_name},
            {"email", user.email},
            {"state", name_of(application.state)},
            {"applied_at", format_time(application.applied_at)},
            {"decided_at", time_or_null(application.decided_at)},
            {"decided_by", std::move(decided_by)},
            {"server", server_view(portal, course, user, people)},
            {"export", row == people.exports.end() ? json() : view_of(row->second, user.name)}};
}

Result<http::Response> list_participants(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto const page, read_page(visit.request));
    std::optional<ApplicationState> state;
    if (auto const text = visit.request.query("state"); text && !text->empty()) {
        auto const parsed = parse_application_state(*text);
        if (!parsed) return fail_field("state", "{}", parsed.error().message);
        state = *parsed;
    }
    std::vector<json> items;
    std::vector<std::string> keys;
    TRY_VOID(portal.store.read([&](Transaction& transaction) -> Result<> {
        TRY(auto const seen,
            see_managed_course(transaction, visit.who.user, visit.request.parameter("slug")));
        TRY(auto const applications,
            transaction.applications().of_course(seen.course.id, state,
                                                 {.limit = page.limit + 1, .after = page.after}));
        TRY(auto const people, read_people(transaction, seen.course, applications));
        for (auto const& application : applications) {
            keys.push_back(application.user.value());
            items.push_back(participant_view(portal, seen.course, application, people));
        }
        return {};
    }));
    return http::Response::json(page_of(std::move(items), keys, page.limit));
}

/// The application that the path names, for somebody who may decide it now.
struct Admission {
    SeenCourse seen;
    User applicant;
    Application application;
};

Result<Admission> find_admission(Transaction& transaction, PortalDependencies const& portal,
                                 Visit const& visit) {
    TRY(auto seen,
        see_managed_course(transaction, visit.who.user, visit.request.parameter("slug")));
    TRY_VOID(permitted(seen.course, Action::Admit, seen.standing, portal.policy));
    auto const& text = visit.request.parameter("username");
    auto const nobody =
        fail(Code::NotFound, "{} has not applied to this course", for_log(text, 63));
    auto const name = parse_user_name(text);
    if (!name) return nobody;
    auto user = transaction.users().find_by_name(*name);
    if (!user && user.error().code == Code::NotFound) return nobody;
    if (!user) return std::unexpected(std::move(user).error());
    auto application = transaction.applications().find(seen.course.id, user->id);
    if (!application && application.error().code == Code::NotFound) return nobody;
    if (!application) return std::unexpected(std::move(application).error());
    return Admission{std::move(seen), *std::move(user), *std::move(application)};
}

/// The hub ends what they run there. Whoever is let in again later does not find old rights
/// waiting.
Result<> end_participation(Transaction& transaction, Course const& course, User const& user,
                           Time now) {
    TRY_VOID(leave_groups(transaction, course, user.id, now));
    return announce_removal(transaction, course.id, user.id, now);
}

Result<http::Response> decide(PortalDependencies const& portal, Visit const& visit,
                              ApplicationState verdict) {
    TRY_VOID(check_no_input(visit.request));
    auto const& actor = visit.who.user;
    auto const now = portal.clock.now();
    TRY(auto const view, portal.store.write([&](Transaction& transaction) -> Result<json> {
        TRY(auto admission, find_admission(transaction, portal, visit));
        auto& application = admission.application;
        auto const& course = admission.seen.course;
        if (application.state == verdict)
            return fail(Code::Conflict, "{} is {} already", admission.applicant.name,
                        name_of(verdict));
        bool const accepts = verdict == ApplicationState::Accepted;
        if (accepts) {
            TRY(auto counts, transaction.applications().count(course.id));
            TRY_VOID(check_room(course, counts[ApplicationState::Accepted]));
        }
        application.state = verdict;
        application.decided_at = now;
        application.decided_by = actor.id;
        TRY_VOID(transaction.applications().update(application));
        if (!accepts) TRY_VOID(end_participation(transaction, course, admission.applicant, now));
        TRY_VOID(record(transaction, now,
                        {.kind = accepts ? "application_accepted" : "application_rejected",
                         .course = course.id,
                         .actor = actor.name,
                         .subject = admission.applicant.name,
                         .message = fmt::format("{} {} {}", actor.name, name_of(verdict),
                                                admission.applicant.name)}));
        TRY(auto const people, read_people(transaction, course, {application}));
        return participant_view(portal, course, application, people);
    }));
    return http::Response::json(view);
}

Result<http::Response> accept(PortalDependencies const& portal, Visit const& visit) {
    return decide(portal, visit, ApplicationState::Accepted);
}

Result<http::Response> reject(PortalDependencies const& portal, Visit const& visit) {
    return decide(portal, visit, ApplicationState::Rejected);
}

Result<http::Response> remove(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    auto const& actor = visit.who.user;
    auto const now = portal.clock.now();
    TRY_VOID(portal.store.write([&](Transaction& transaction) -> Result<> {
        TRY(auto const admission, find_admission(transaction, portal, visit));
        auto const& course = admission.seen.course;
        TRY_VOID(transaction.applications().remove(course.id, admission.applicant.id));
        TRY_VOID(end_participation(transaction, course, admission.applicant, now));
        return record(
            transaction, now,
            {.kind = "participant_removed",
             .course = course.id,
             .actor = actor.name,
             .subject = admission.applicant.name,
             .message = fmt::format("{} removed {}", actor.name, admission.applicant.name)});
    }));
    return http::Response::empty();
}

}  // namespace

void add_participant_calls(Calls& calls) {
    calls.topic("Participants");
    std::string const one = "/courses/{slug}/participants/{username}";
    calls.add({.method = "GET",
               .path = "/courses/{slug}/participants",
               .summary = "Who applied; for leaders",
               .scope = Scope::CoursesRead,
               .gives = "Participant[]",
               .query = {"state"},
               .problems = {404}},
              list_participants);
    calls.add({.method = "POST",
               .path = one + "/accept",
               .summary = "Accept an application",
               .scope = Scope::ParticipantsWrite,
               .gives = "Participant",
               .problems = {404, 409}},
              accept);
    calls.add({.method = "POST",
               .path = one + "/reject",
               .summary = "Reject an application, or a participant who is in already",
               .scope = Scope::ParticipantsWrite,
               .gives = "Participant",
               .problems = {404, 409}},
              reject);
    calls.add({.method = "DELETE",
               .path = one,
               .summary = "Remove a participant, who may then apply again",
               .scope = Scope::ParticipantsWrite,
               .status = 204,
               .problems = {404, 409}},
              remove);
}

}  // namespace carrel
