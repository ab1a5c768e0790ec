#include "store/visit_end.hpp"

#include "domain/hub_paths.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel {

Result<> end_visit(Transaction& transaction, Course const& course, SharedVisit const& visit,
                   Time now) {
    TRY(auto const owner, transaction.users().find(visit.owner));
    TRY(auto const visitor, transaction.users().find(visit.visitor));
    TRY_VOID(transaction.hub_tokens().remove_of_client(course.id, visitor.id,
                                                       server_client(owner.name, visit.server)));
    // By its slug: who takes this up knows where the hub is.
    auto const path = HubPaths().route(course.request.slug, owner.name, visit.server);
    return transaction.outbox().add(
        {.kind = "revoke_entry",
         .payload = nlohmann::json{{"path", path}, {"user", visitor.name}}.dump(),
         .created_at = now,
         .due_at = now});
}

Result<> end_visit_unless_shared(Transaction& transaction, Course const& course,
                                 SharedVisit const& visit, Time now) {
    if (visit.owner == visit.visitor) return {};
    auto const same = [&](auto const& share) {
        return share.owner == visit.owner && share.server == visit.server;
    };
    TRY(auto const own, transaction.hub_shares().of_user(course.id, visit.visitor));
    TRY(auto const by_group, transaction.hub_group_shares().of_user(course.id, visit.visitor));
    if (std::ranges::any_of(own, same) || std::ranges::any_of(by_group, same)) return {};
    return end_visit(transaction, course, visit, now);
}

Result<> leave_group(Transaction& transaction, Course const& course, std::string_view group,
                     UserId const& user, Time now) {
    TRY_VOID(transaction.hub_groups().remove_member(course.id, group, user));
    TRY(auto const shares, transaction.hub_group_shares().of_group(course.id, group));
    for (auto const& share : shares)
        TRY_VOID(
            end_visit_unless_shared(transaction, course, {share.owner, share.server, user}, now));
    return {};
}

Result<> leave_groups(Transaction& transaction, Course const& course, UserId const& user,
                      Time now) {
    TRY(auto const groups, transaction.hub_groups().of_user(course.id, user));
    for (auto const& group : groups)
        TRY_VOID(leave_group(transaction, course, group.name, user, now));
    return {};
}

}  // namespace carrel
