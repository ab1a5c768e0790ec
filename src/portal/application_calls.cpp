/// What somebody with an invitation does: sign up, and apply.

#include "auth/logins.hpp"
#include "auth/mail/mail_desk.hpp"
#include "portal/calls.hpp"
#include "portal/input.hpp"
#include "portal/invitation.hpp"
#include "portal/new_user.hpp"
#include "portal/record.hpp"
#include "portal/views.hpp"

#include "base/time_text.hpp"

namespace carrel {

namespace {

/// Conflict while the course takes no applications, for the reason the table gives.
Result<Course> find_open(Transaction& transaction, PortalDependencies const& portal,
                         std::string_view code) {
    TRY(auto course, find_invited(transaction, code));
    if (!permitted(course, Action::Apply, {}, portal.policy))
        return fail(Code::Conflict, "the course takes no applications while it is {}",
                    name_of(course.state));
    return course;
}

/// An account that the course's hub made for somebody, and that nobody has had in hand yet.
Result<std::optional<User>> find_waiting(Transaction& transaction, Course const& course,
                                         std::string const& name) {
    auto const user = transaction.users().find_by_name(name);
    if (!user && user.error().code == Code::NotFound) return std::nullopt;
    TRY_VOID(user);
    bool const untouched = user->password_hash.empty() && !user->last_login_at && !user->disabled &&
                           !user->removed_at && !user->administrator && !user->leader;
    if (!untouched || !transaction.applications().find(course.id, user->id)) return std::nullopt;
    return *user;
}

/// Gives it to whoever signs up under its name. That they have the link does not prove that they
/// are the one who was meant: here they apply like others, and elsewhere the leaders decide again.
Result<> complete(Transaction& transaction, Course const& course, User const& waiting,
                  User& wanted) {
    wanted.id = waiting.id;
    TRY_VOID(transaction.users().update(wanted));
    TRY(auto const applications, transaction.applications().of_user(waiting.id));
    for (auto application : applications) {
        TRY_VOID(transaction.hub_groups().remove_user(application.course, waiting.id));
        TRY(auto const tokens, transaction.hub_tokens().of_user(application.course, waiting.id));
        for (auto const& token : tokens) TRY_VOID(end_hub_token(transaction, token.id));
        application.state = ApplicationState::Pending;
        application.decided_at.reset();
        application.decided_by.reset();
        TRY_VOID(application.course == course.id
                     ? transaction.applications().remove(course.id, waiting.id)
                     : transaction.applications().update(application));
    }
    return {};
}

Result<http::Response> sign_up(PortalDependencies const& portal, http::Request& request) {
    auto const& code = request.parameter("code");
    // Before the costly hash.
    TRY_VOID(portal.store.read(
        [&](Transaction& transaction) { return find_open(transaction, portal, code); }));
    TRY(auto input, JsonReader::of(request));
    auto wanted = read_new_user(input);
    TRY_VOID(input.done());
    // What is no name at all is told by `make_user`.
    if (auto const name = parse_user_name(wanted.username); name && portal.access != nullptr)
        TRY_VOID(portal.access->admit_new(portal.store, *name, {}, portal.clock.now()));
    TRY(auto user, make_user(portal, wanted, Chooser::Anybody));
    TRY_VOID(portal.store.write([&](Transaction& transaction) -> Result<> {
        TRY(auto const course, find_open(transaction, portal, code));
        TRY(auto const waiting, find_waiting(transaction, course, user.name));
        TRY_VOID(waiting ? complete(transaction, course, *waiting, user)
                         : insert_user(transaction, user));
        if (portal.mail != nullptr) TRY_VOID(portal.mail->address_changed(transaction, user));
        return record(transaction, user.created_at,
                      {.kind = waiting ? "user_completed" : "user_created",
                       .course = course.id,
                       .actor = user.name,
                       .subject = user.name,
                       .message = fmt::format("{} signed up by the invitation", user.name)});
    }));
    http::Response begun;
    TRY(auto const who, portal.gate.begin_session(user, request, begun));
    auto response = http::Response::json(view_of_me(who), 201);
    for (auto const& [name, value] : begun.headers) response.headers.add(name, value);
    return response;
}

Result<> check_not_applied(SeenCourse const& seen) {
    if (seen.standing.leader) return fail(Code::Conflict, "you lead this course");
    if (!seen.application) return {};
    switch (seen.application->state) {
        case ApplicationState::Pending:
            return fail(Code::Conflict, "you have applied already; the leader will decide");
        case ApplicationState::Accepted:
            return fail(Code::Conflict, "you are a participant already");
        case ApplicationState::Rejected:
            return fail(Code::Conflict, "your application was rejected");
    }
    std::unreachable();
}

Result<http::Response> apply_to_course(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    auto const& user = visit.who.user;
    Application application;
    application.user = user.id;
    application.applied_at = portal.clock.now();
    std::string slug;
    TRY_VOID(portal.store.write([&](Transaction& transaction) -> Result<> {
        TRY(auto course, find_open(transaction, portal, visit.request.parameter("code")));
        TRY(auto const seen, look_at(transaction, user, std::move(course)));
        TRY_VOID(check_not_applied(seen));
        application.course = seen.course.id;
        slug = seen.course.request.slug;
        TRY_VOID(transaction.applications().insert(application));
        return record(transaction, application.applied_at,
                      {.kind = "application_made",
                       .course = application.course,
                       .actor = user.name,
                       .subject = user.name,
                       .message = fmt::format("{} applied", user.name)});
    }));
    return http::Response::json({{"username", user.name},
                                 {"course", slug},
                                 {"state", name_of(application.state)},
                                 {"applied_at", format_time(application.applied_at)}},
                                201);
}

}  // namespace

void add_application_calls(Calls& calls) {
    calls.topic("Invitations");
    calls.add_public({.method = "POST",
                      .path = "/invitations/{code}/signup",
                      .summary = "Make an account by an invitation, and log in",
                      .takes = "SignUp",
                      .gives = "Me",
                      .status = 201,
                      .problems = {404, 409}},
                     sign_up);
    calls.add({.method = "POST",
               .path = "/invitations/{code}/applications",
               .summary = "Apply to the course",
               .scope = Scope::ParticipantsWrite,
               .gives = "MadeApplication",
               .status = 201,
               .problems = {404, 409}},
              apply_to_course);
}

}  // namespace carrel
