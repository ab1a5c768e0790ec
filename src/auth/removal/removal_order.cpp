#include "auth/removal/removal_order.hpp"

#include "auth/factor/factor_removal.hpp"
#include "auth/logins.hpp"
#include "store/mail_tables.hpp"
#include "store/participant_removal.hpp"
#include "store/removal_end.hpp"
#include "store/visit_end.hpp"

#include <algorithm>

namespace carrel {

namespace {

Result<> check_another_administrator(Transaction& transaction, User const& user) {
    if (!user.administrator || !user.may_enter()) return {};
    constexpr int page_size = 500;
    for (Page page{.limit = page_size, .after = ""};;) {
        TRY(auto const users, transaction.users().list(page));
        if (std::ranges::any_of(users, [&](User const& each) {
                return each.id != user.id && each.administrator && each.may_enter();
            }))
            return {};
        if (users.size() < page_size) break;
        page.after = users.back().name;
    }
    return fail(Code::Conflict,
                "{} is the last administrator; name another one before removing this one",
                user.name);
}

Result<> void_logins(Transaction& transaction, User const& user, Leftovers leftovers, Time now) {
    TRY_VOID(end_sessions(transaction, user.id, {}, now));
    for (;;) {
        // Each takes those that were made with it along.
        TRY(auto const tokens, transaction.tokens().of_user(user.id));
        if (tokens.empty()) break;
        TRY_VOID(end_token(transaction, tokens.front(), now));
    }
    TRY_VOID(remove_factors(transaction, user.id));
    TRY_VOID(transaction.login_places().remove_of_user(user.id));
    for (auto const kind : {MailKind::ResetPassword, MailKind::ConfirmEmail})
        TRY_VOID(mail_of(transaction).mail_tokens().remove_of_user(kind, user.id));
    if (leftovers == Leftovers::Keep) return {};
    TRY_VOID(mail_of(transaction).confirmed_emails().remove(user.id));
    TRY(auto const identities, transaction.login_identities().of_user(user.id));
    for (auto const& identity : identities)
        TRY_VOID(transaction.login_identities().remove(identity.login, user.id));
    return {};
}

/// Shares, what they opened, and servers end when the hub takes the announcement up.
Result<> leave_course(Transaction& transaction, Course course, User const& user, Time now) {
    TRY_VOID(leave_groups(transaction, course, user.id, now));
    TRY(auto const tokens, transaction.hub_tokens().of_user(course.id, user.id));
    // Servers' own end with them.
    for (auto const& token : tokens)
        if (token.kind != HubTokenKind::Server) TRY_VOID(end_hub_token(transaction, token.id));
    TRY_VOID(transaction.applications().remove(course.id, user.id));
    if (std::erase(course.leaders, user.id) > 0) {
        course.updated_at = now;
        TRY_VOID(transaction.courses().update(course));
    }
    return announce_removal(transaction, course.id, user.id, now);
}

Result<> leave_courses(Transaction& transaction, User const& user, Time now) {
    std::vector<Course> all;
    constexpr int page_size = 200;
    for (Page page{.limit = page_size, .after = ""};;) {
        TRY(auto courses, transaction.courses().list({.state = {}, .concerning = user.id}, page));
        auto const count = courses.size();
        if (count > 0) page.after = courses.back().request.slug;
        std::ranges::move(courses, std::back_inserter(all));
        if (count < page_size) break;
    }
    // Also of courses that they have left before, in whose hubs they may have something still.
    TRY(auto const homes, transaction.homes().of_user(user.id));
    for (auto const& id : homes) {
        if (std::ranges::find(all, id, &Course::id) != all.end()) continue;
        TRY(auto course, transaction.courses().find(id));
        all.push_back(std::move(course));
    }
    for (auto const& course : all) TRY_VOID(leave_course(transaction, course, user, now));
    return {};
}

}  // namespace

Result<Removal> order_removal(Transaction& transaction, User user, RemovalWish const& wish) {
    if (user.removed_at) return fail(Code::Conflict, "{} is removed already", user.name);
    TRY_VOID(check_another_administrator(transaction, user));
    Removal const removal{.user = user.id,
                          .name = user.name,
                          .leftovers = wish.leftovers,
                          .ordered_by = wish.ordered_by,
                          .ordered_at = wish.now,
                          .finished_at = {},
                          .problem = {}};
    user.removed_at = wish.now;
    user.password_hash.clear();
    user.administrator = user.leader = false;
    user.listed_administrator = user.listed_leader = false;
    if (wish.leftovers != Leftovers::Keep) {
        user.email.clear();
        user.display_name = user.name;
    }
    TRY_VOID(transaction.users().update(user));
    TRY_VOID(void_logins(transaction, user, wish.leftovers, wish.now));
    TRY_VOID(leave_courses(transaction, user, wish.now));
    TRY_VOID(transaction.removals().insert(removal));
    auto const by = wish.ordered_by.empty() ? "somebody at the machine" : wish.ordered_by;
    TRY_VOID(note_removal(
        transaction, removal, "user_removed", wish.ordered_by,
        fmt::format("{} removed {} ({} the files)", by, user.name, name_of(wish.leftovers)),
        wish.now));
    return removal;
}

Result<> bring_back(Transaction& transaction, User& user, std::string const& actor, Time now) {
    TRY(auto const removal, transaction.removals().find(user.id));
    if (removal.leftovers != Leftovers::Keep || !removal.finished_at)
        return fail(Code::Conflict, "{} is being removed; try again in a while", user.name);
    user.removed_at.reset();
    user.admission = Admission::Allowed;
    TRY_VOID(transaction.users().update(user));
    TRY_VOID(transaction.removals().remove(user.id));
    return note_removal(
        transaction, removal, "user_returned", actor,
        fmt::format("{} has an account again, and the files that were kept", user.name), now);
}

}  // namespace carrel
