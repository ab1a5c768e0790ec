/// The invitation link: shown and replaced by leaders, opened by everybody who has it.

#include "portal/calls.hpp"
#include "portal/input.hpp"
#include "portal/invitation.hpp"
#include "portal/record.hpp"
#include "portal/views.hpp"

#include "base/time_text.hpp"

namespace carrel {

std::string make_invitation_code(Random& random) { return random.secret(18); }

Result<Course> find_invited(Transaction& transaction, std::string_view code) {
    auto course = transaction.courses().find_by_invitation(code);
    if (!course && course.error().code == Code::NotFound)
        return fail(Code::NotFound,
                    "this invitation is not valid; ask the course's leader for the current link");
    return course;
}

namespace {

using nlohmann::json;

json invitation_view(PortalDependencies const& portal, http::Request const& request,
                     Course const& course) {
    auto root = portal.platform.public_url;
    auto const host = request.headers.get("host");
    if (root.empty() && !host.empty())
        root = fmt::format("{}://{}", request.is_secure() ? "https" : "http", host);
    return {{"code", course.invitation_code},
            {"url", fmt::format("{}/join/{}", root, course.invitation_code)}};
}

Result<http::Response> show_invitation(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto const course, portal.store.read([&](Transaction& transaction) -> Result<Course> {
        TRY(auto const seen,
            see_managed_course(transaction, visit.who.user, visit.request.parameter("slug")));
        TRY_VOID(permitted(seen.course, Action::Invite, seen.standing, portal.policy));
        return seen.course;
    }));
    return http::Response::json(invitation_view(portal, visit.request, course));
}

Result<http::Response> rotate_invitation(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    auto const& user = visit.who.user;
    auto const code = make_invitation_code(portal.random);
    auto const now = portal.clock.now();
    TRY(auto const course, portal.store.write([&](Transaction& transaction) -> Result<Course> {
        TRY(auto seen, see_managed_course(transaction, user, visit.request.parameter("slug")));
        TRY_VOID(permitted(seen.course, Action::Invite, seen.standing, portal.policy));
        seen.course.invitation_code = code;
        seen.course.updated_at = now;
        TRY_VOID(transaction.courses().update(seen.course));
        TRY_VOID(record(transaction, now,
                        {.kind = "invitation_rotated",
                         .course = seen.course.id,
                         .actor = user.name,
                         .message = fmt::format("{} replaced the invitation link", user.name)}));
        return seen.course;
    }));
    return http::Response::json(invitation_view(portal, visit.request, course));
}

/// Who opens the link, when somebody is logged in; the link also works for nobody in particular.
Result<std::optional<User>> visitor(PortalDependencies const& portal,
                                    http::Request const& request) {
    auto who = portal.gate.identify(request);
    if (who) return std::move(who->user);
    if (who.error().code == Code::Unauthenticated) return std::nullopt;
    return std::unexpected(std::move(who).error());
}

Result<http::Response> open_invitation(PortalDependencies const& portal, http::Request& request) {
    TRY(auto const user, visitor(portal, request));
    TRY(auto const view, portal.store.read([&](Transaction& transaction) -> Result<json> {
        TRY(auto const course, find_invited(transaction, request.parameter("code")));
        TRY(auto const leaders, transaction.users().find_all(course.leaders));
        auto names = json::array();
        for (auto const& id : course.leaders)
            if (auto const leader = leaders.find(id); leader != leaders.end())
                names.push_back(leader->second.display_name);
        json state;
        bool leads = false;
        if (user) {
            TRY(auto const seen, look_at(transaction, *user, course));
            leads = seen.standing.leader;
            if (seen.application) state = name_of(seen.application->state);
        }
        bool const open = permitted(course, Action::Apply, {}, portal.policy).has_value();
        return json{{"course",
                     {{"slug", course.request.slug},
                      {"name", course.request.name},
                      {"description", course.request.description},
                      {"starts_at", format_time(course.request.starts_at)},
                      {"ends_at", time_or_null(course.request.ends_at)},
                      {"leaders", std::move(names)},
                      {"open", open}}},
                    {"me", {{"application", std::move(state)}, {"leader", leads}}}};
    }));
    return http::Response::json(view);
}

}  // namespace

void add_invitation_calls(Calls& calls) {
    calls.topic("Invitations");
    calls.add({.method = "GET",
               .path = "/courses/{slug}/invitation",
               .summary = "The link that lets people apply; for leaders",
               .scope = Scope::ParticipantsWrite,
               .gives = "Invitation",
               .problems = {404, 409}},
              show_invitation);
    calls.add({.method = "POST",
               .path = "/courses/{slug}/invitation/rotate",
               .summary = "Replace the link; the old one stops working",
               .scope = Scope::ParticipantsWrite,
               .gives = "Invitation",
               .problems = {404, 409}},
              rotate_invitation);
    calls.add_public({.method = "GET",
                      .path = "/invitations/{code}",
                      .summary = "The course that an invitation is for",
                      .gives = "OpenedInvitation",
                      .problems = {404}},
                     open_invitation);
}

}  // namespace carrel
