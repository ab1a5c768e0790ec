#include "hub/sharing.hpp"

#include "hub/hub_access.hpp"
#include "hub/rbac/scopes.hpp"
#include "store/visit_end.hpp"

#include <map>

namespace carrel {

namespace {

/// With more work waiting than this a server that is shared keeps its name.
constexpr int most_waiting = 100;

struct SharesOfServer {
    std::vector<HubShare> with_people;
    std::vector<HubGroupShare> with_groups;
    std::vector<HubShareCode> codes;
};

Result<SharesOfServer> shares_of_server(Transaction& transaction, Course const& course,
                                        UserId const& owner, std::string_view server) {
    SharesOfServer shares;
    auto const is_of_another = [&](auto const& one) { return one.server != server; };
    TRY(shares.with_people, transaction.hub_shares().of_server(course.id, owner, server));
    TRY(shares.with_groups, transaction.hub_group_shares().of_owner(course.id, owner));
    std::erase_if(shares.with_groups, is_of_another);
    TRY(shares.codes, transaction.hub_share_codes().of_owner(course.id, owner));
    std::erase_if(shares.codes, is_of_another);
    return shares;
}

Result<> end_all(Transaction& transaction, Course const& course, SharesOfServer const& shares,
                 Time now) {
    for (auto const& share : shares.with_people)
        TRY_VOID(end_share(transaction, course, share, now));
    for (auto const& share : shares.with_groups)
        TRY_VOID(end_group_share(transaction, course, share, now));
    return {};
}

}  // namespace

Result<std::vector<std::string>> shared_scopes(Transaction& transaction, Course const& course,
                                               UserId const& user) {
    std::vector<std::pair<UserId, std::string>> shared;
    TRY(auto const own, transaction.hub_shares().of_user(course.id, user));
    for (auto const& share : own) shared.emplace_back(share.owner, share.server);
    TRY(auto const by_group, transaction.hub_group_shares().of_user(course.id, user));
    for (auto const& share : by_group) shared.emplace_back(share.owner, share.server);
    std::vector<std::string> scopes;
    std::map<UserId, bool> entitled;
    for (auto const& [owner_id, server] : shared) {
        TRY(auto const owner, transaction.users().find(owner_id));
        if (!entitled.contains(owner_id)) {
            TRY(entitled[owner_id], may_have_server(transaction, course, owner_id));
        }
        if (entitled[owner_id] && owner.may_enter())
            scopes.push_back("access:servers!server=" + rbac::server_id(owner.name, server));
    }
    return scopes;
}

Result<bool> end_share(Transaction& transaction, Course const& course, HubShare const& share,
                       Time now) {
    TRY(auto const removed, transaction.hub_shares().remove(share));
    if (removed == 0) return false;
    TRY_VOID(
        end_visit_unless_shared(transaction, course, {share.owner, share.server, share.user}, now));
    return true;
}

Result<bool> end_group_share(Transaction& transaction, Course const& course,
                             HubGroupShare const& share, Time now) {
    TRY(auto const removed, transaction.hub_group_shares().remove(share));
    if (removed == 0) return false;
    TRY(auto const members, transaction.hub_groups().members(course.id, share.group));
    for (auto const& member : members)
        TRY_VOID(
            end_visit_unless_shared(transaction, course, {share.owner, share.server, member}, now));
    return true;
}

Result<> end_sharing_with_group(Transaction& transaction, Course const& course,
                                std::string_view group, Time now) {
    TRY(auto const shares, transaction.hub_group_shares().of_group(course.id, group));
    for (auto const& share : shares) TRY_VOID(end_group_share(transaction, course, share, now));
    return {};
}

Result<> end_sharing_of_server(Transaction& transaction, Course const& course, UserId const& owner,
                               std::string_view server, Time now) {
    TRY(auto const shares, shares_of_server(transaction, course, owner, server));
    TRY_VOID(end_all(transaction, course, shares, now));
    for (auto const& code : shares.codes) TRY_VOID(transaction.hub_share_codes().remove(code.id));
    return {};
}

Result<> move_sharing_of_server(Transaction& transaction, Course const& course, UserId const& owner,
                                std::string_view from, std::string const& to, Time now) {
    TRY(auto shares, shares_of_server(transaction, course, owner, from));
    // Each end is work for the reconciler, and each name gives the next rename as much of it.
    if (!shares.with_people.empty() || !shares.with_groups.empty()) {
        TRY(auto const waiting, transaction.outbox().due(now, most_waiting));
        if (waiting.size() >= static_cast<size_t>(most_waiting))
            return fail(Code::Unavailable,
                        "others are being shut out at the moment; try again in a minute");
    }
    TRY_VOID(end_all(transaction, course, shares, now));
    for (auto& share : shares.with_people) {
        share.server = to;
        TRY_VOID(transaction.hub_shares().put(share));
    }
    for (auto& share : shares.with_groups) {
        share.server = to;
        TRY_VOID(transaction.hub_group_shares().put(share));
    }
    for (auto const& code : shares.codes) TRY_VOID(transaction.hub_share_codes().move(code.id, to));
    return {};
}

Result<> end_sharing_of_person(Transaction& transaction, Course const& course, UserId const& user,
                               Time now) {
    TRY(auto shares, transaction.hub_shares().of_owner(course.id, user));
    TRY(auto const received, transaction.hub_shares().of_user(course.id, user));
    shares.insert(shares.end(), received.begin(), received.end());
    for (auto const& share : shares) TRY_VOID(end_share(transaction, course, share, now));
    TRY(auto const with_groups, transaction.hub_group_shares().of_owner(course.id, user));
    for (auto const& share : with_groups)
        TRY_VOID(end_group_share(transaction, course, share, now));
    // Who is in a group still, but not in the course, is not let in by it.
    TRY(auto const by_group, transaction.hub_group_shares().of_user(course.id, user));
    for (auto const& share : by_group)
        TRY_VOID(end_visit(transaction, course, {share.owner, share.server, user}, now));
    TRY(auto const codes, transaction.hub_share_codes().of_owner(course.id, user));
    for (auto const& code : codes) TRY_VOID(transaction.hub_share_codes().remove(code.id));
    return {};
}

}  // namespace carrel
