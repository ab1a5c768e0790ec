#include "hub/jupyterhub/membership.hpp"

#include "auth/access/access_policy.hpp"
#include "auth/logins.hpp"
#include "base/text.hpp"
#include "domain/course_rules.hpp"
#include "domain/lifecycle.hpp"
#include "hub/hub_access.hpp"
#include "hub/jupyterhub/audit.hpp"
#include "hub/sharing.hpp"
#include "store/participant_removal.hpp"
#include "store/visit_end.hpp"

namespace carrel::jupyterhub {

namespace {

/// The same moments in which a leader admits and removes people.
Result<> check_admitting(Caller const& caller) {
    TRY_VOID(permitted(caller.course, Action::Admit, {.administrator = true}, {}));
    return {};
}

/// The account of this name, made when there is none.
Result<User> account(Transaction& transaction, Caller const& caller, std::string const& name,
                     Random& random, Time now) {
    auto found = transaction.users().find_by_name(name);
    if (found && found->removed_at)
        return fail(Code::InvalidArgument, "{} has been removed from this platform", name);
    if (found || found.error().code != Code::NotFound) return found;
    auto const chooser = caller.user.administrator ? Chooser::Operator : Chooser::Anybody;
    if (auto const free = check_new_name(name, chooser); !free)
        return fail(Code::InvalidArgument, "{}", free.error().message);
    User const user{
        .id = UserId(random.uuid()), .name = name, .display_name = name, .created_at = now};
    TRY_VOID(transaction.users().insert(user));
    TRY_VOID(note_change(transaction, caller, now,
                         {.kind = "user_created",
                          .subject = name,
                          .message = fmt::format("made the account {}", name)}));
    return user;
}

}  // namespace

Result<Person> admit(Transaction& transaction, Caller const& caller, std::string_view name,
                     Random& random, Time now) {
    auto const parsed = parse_user_name(name);
    if (!parsed || *parsed != name)
        return fail(Code::InvalidArgument, "Invalid username: {}", for_log(name, 80));
    TRY_VOID(check_admitting(caller));
    auto const& course = caller.course;
    TRY(auto const user, account(transaction, caller, *parsed, random, now));
    TRY(bool const belongs, may_have_server(transaction, course, user.id));
    if (belongs) return fail(Code::Conflict, "User {} already exists", user.name);
    TRY(auto counts, transaction.applications().count(course.id));
    TRY_VOID(check_room(course, counts[ApplicationState::Accepted]));
    Application application{.course = course.id,
                            .user = user.id,
                            .state = ApplicationState::Accepted,
                            .applied_at = now,
                            .decided_at = now};
    if (!caller.service) application.decided_by = caller.user.id;
    TRY_VOID(transaction.applications().remove(course.id, user.id));
    TRY_VOID(transaction.applications().insert(application));
    TRY_VOID(note_change(transaction, caller, now,
                         {.kind = "application_accepted",
                          .subject = user.name,
                          .message = fmt::format("accepted {}", user.name)}));
    return find_person(transaction, *caller.book, course, user.name);
}

Result<> send_away(Transaction& transaction, Caller const& caller, User const& user, Time now) {
    auto const& course = caller.course;
    if (user.id == caller.user.id) return fail(Code::InvalidArgument, "Cannot delete yourself!");
    if (course.led_by(user.id))
        return fail(Code::InvalidArgument, "{} leads this course", user.name);
    auto const application = transaction.applications().find(course.id, user.id);
    if (!application && application.error().code == Code::NotFound)
        return fail(Code::InvalidArgument, "{} is an administrator of the platform", user.name);
    TRY_VOID(application);
    TRY_VOID(check_admitting(caller));
    TRY_VOID(transaction.applications().remove(course.id, user.id));
    TRY_VOID(leave_groups(transaction, course, user.id, now));
    // Here too, since the reconciler passes over who has been let in again meanwhile.
    TRY_VOID(end_sharing_of_person(transaction, course, user.id, now));
    TRY(auto const tokens, transaction.hub_tokens().of_user(course.id, user.id));
    // Servers' own end with them.
    for (auto const& token : tokens)
        if (token.kind != HubTokenKind::Server) TRY_VOID(end_hub_token(transaction, token.id));
    TRY_VOID(announce_removal(transaction, course.id, user.id, now));
    return note_change(transaction, caller, now,
                       {.kind = "participant_removed",
                        .subject = user.name,
                        .message = fmt::format("removed {}", user.name)});
}

Result<> set_administrator(Transaction& transaction, Caller const& caller, User& user,
                           bool administrator, Time now) {
    if (user.administrator == administrator) return {};
    // What one course's hub gave out must not become a right on the whole platform.
    if (caller.service || caller.token || !caller.user.administrator)
        return fail(Code::PermissionDenied,
                    "only an administrator who is logged in to Carrel itself may do this");
    TRY(auto const actor, transaction.users().find(caller.user.id));
    if (!actor.administrator || !actor.may_enter())
        return fail(Code::PermissionDenied, "only administrators may do this");
    if (user.id == actor.id)
        return fail(Code::InvalidArgument,
                    "nobody gives up being an administrator by themselves; another one has to");
    user.administrator = administrator;
    user.listed_administrator = false;
    TRY_VOID(transaction.users().update(user));
    TRY_VOID(announce_access_change(transaction));
    if (!administrator) {
        TRY_VOID(end_sessions(transaction, user.id, {}, now));
        TRY_VOID(revoke_tokens(transaction, user.id, now));
    }
    return note_change(
        transaction, caller, now,
        {.kind = "user_changed",
         .subject = user.name,
         .message = administrator ? fmt::format("made {} an administrator", user.name)
                                  : fmt::format("made {} no administrator", user.name)});
}

}  // namespace carrel::jupyterhub
