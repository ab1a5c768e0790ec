/// What people do with a course, as the table in domain/lifecycle.hpp allows.

#include "portal/calls.hpp"
#include "portal/input.hpp"
#include "portal/record.hpp"
#include "portal/views.hpp"

#include <functional>

namespace carrel {

namespace {

constexpr size_t longest_reason = 2048;

struct CourseStep {
    Action action;
    std::string event;                   ///< its kind
    std::string did;                     ///< "accepted": what the timeline says
    std::string reason;                  ///< why; becomes the course's
    std::optional<DeploymentKind> wish;  ///< what the dispatcher shall do; nothing: forget a wish
};

Result<> apply(Transaction& transaction, PortalDependencies const& portal, User const& user,
               SeenCourse& seen, CourseStep const& step) {
    auto& course = seen.course;
    // The table is asked inside the writing transaction: of two who act at once, the second sees
    // what the first did.
    TRY(auto const rule, permitted(course, step.action, seen.standing, portal.policy));
    bool const moves = rule.to != course.state;
    // Asking twice for the same is one wish.
    if (!moves && course.wanted == step.wish) return {};
    // What it names may be forbidden by now.
    if (step.action == Action::Accept)
        if (auto checked = check_course_image(course.request, portal.limits.images); !checked) {
            checked.error().code = Code::Conflict;
            return checked;
        }
    auto const now = portal.clock.now();
    course.wanted = step.wish;
    course.updated_at = now;
    if (moves) {
        course.state = rule.to;
        course.state_since = now;
        course.reason = step.reason;
    }
    TRY_VOID(transaction.courses().update(course));
    auto detail =
        step.action == Action::Accept ? image_detail(course.request) : nlohmann::json::object();
    if (!step.reason.empty()) detail["reason"] = step.reason;
    return record(transaction, now,
                  {.kind = step.event,
                   .course = course.id,
                   .actor = user.name,
                   .message = fmt::format("{} {} the course", user.name, step.did),
                   .detail = std::move(detail)});
}

Result<http::Response> take_step(PortalDependencies const& portal, Visit const& visit,
                                 CourseStep const& step) {
    auto const& user = visit.who.user;
    TRY(auto const view,
        portal.store.write([&](Transaction& transaction) -> Result<nlohmann::json> {
            TRY(auto seen, see_course(transaction, user, visit.request.parameter("slug")));
            TRY_VOID(apply(transaction, portal, user, seen, step));
            return view_of(transaction, seen, user, portal);
        }));
    portal.courses_changed();
    return http::Response::json(view);
}

Result<http::Response> accept(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    return take_step(portal, visit,
                     {.action = Action::Accept, .event = "course_accepted", .did = "accepted"});
}

Result<http::Response> reject(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto input, JsonReader::of(visit.request));
    auto const text = input.text("reason");
    TRY_VOID(input.done());
    TRY(auto const reason, parse_paragraph("reason", text, 1, longest_reason));
    return take_step(portal, visit,
                     {.action = Action::Reject,
                      .event = "course_rejected",
                      .did = "rejected",
                      .reason = reason});
}

Result<http::Response> cancel(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    return take_step(portal, visit,
                     {.action = Action::Cancel,
                      .event = "course_canceled",
                      .did = "canceled",
                      .reason = fmt::format("canceled by {}", visit.who.user.name)});
}

Result<http::Response> deploy(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    return take_step(portal, visit,
                     {.action = Action::Deploy,
                      .event = "deploy_requested",
                      .did = "asked to deploy",
                      .wish = DeploymentKind::Deploy});
}

Result<http::Response> degrade(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    return take_step(portal, visit,
                     {.action = Action::Degrade,
                      .event = "degrade_requested",
                      .did = "asked to degrade",
                      .wish = DeploymentKind::Degrade});
}

Result<http::Response> redeploy(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    return take_step(portal, visit,
                     {.action = Action::Redeploy,
                      .event = "redeploy_requested",
                      .did = "asked to redeploy",
                      .wish = DeploymentKind::Deploy});
}

Call step_call(std::string_view name, std::string_view summary, Scope scope,
               std::string_view takes = {}) {
    return {.method = "POST",
            .path = fmt::format("/courses/{{slug}}/{}", name),
            .summary = std::string(summary),
            .scope = scope,
            .takes = std::string(takes),
            .gives = "Course",
            .problems = {404, 409}};
}

}  // namespace

void add_course_action_calls(Calls& calls) {
    calls.topic("Life of a course");
    calls.add(step_call("accept", "Accept a course", Scope::Governance), accept);
    calls.add(step_call("reject", "Reject a course and say why", Scope::Governance, "Rejection"),
              reject);
    calls.add(step_call("cancel", "Withdraw a course that is not deployed", Scope::CoursesWrite),
              cancel);
    calls.add(
        step_call("deploy", "Deploy an accepted course ahead of its start", Scope::Governance),
        deploy);
    calls.add(step_call("degrade", "End a deployed course ahead of its end", Scope::CoursesWrite),
              degrade);
    calls.add(step_call("redeploy", "Deploy a failed course afresh", Scope::Governance), redeploy);
}

}  // namespace carrel
