#include "hub/sharing.hpp"

#include "hub/hub_access.hpp"
#include "hub/rbac/scopes.hpp"
#include "store/visit_end.hpp"

#include <map>

namespace carrel {

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
    TRY(auto const shares, transaction.hub_shares().of_server(course.id, owner, server));
    for (auto const& share : shares) TRY_VOID(end_share(transaction, course, share, now));
    TRY(auto const with_groups, transaction.hub_group_shares().of_owner(course.id, owner));
    for (auto const& share : with_groups)
        if (share.server == server) TRY_VOID(end_group_share(transaction, course, share, now));
    TRY(auto const codes, transaction.hub_share_codes().of_owner(course.id, owner));
    for (auto const& code : codes)
        if (code.server == server) TRY_VOID(transaction.hub_share_codes().remove(code.id));
    return {};
}

Result<> move_sharing_of_server(Transaction& transaction, Course const& course, UserId const& owner,
                                std::string_view from, std::string const& to, Time now) {
    TRY(auto shares, transaction.hub_shares().of_server(course.id, owner, from));
    TRY(auto with_groups, transaction.hub_group_shares().of_owner(course.id, owner));
    TRY(auto codes, transaction.hub_share_codes().of_owner(course.id, owner));
    std::erase_if(with_groups, [&](auto const& share) { return share.server != from; });
    std::erase_if(codes, [&](auto const& code) { return code.server != from; });
    TRY_VOID(end_sharing_of_server(transaction, course, owner, from, now));
    for (auto& share : shares) {
        share.server = to;
        TRY_VOID(transaction.hub_shares().put(share));
    }
    for (auto& share : with_groups) {
        share.server = to;
        TRY_VOID(transaction.hub_group_shares().put(share));
    }
    for (auto& code : codes) {
        code.server = to;
        TRY(code.id, transaction.hub_share_codes().insert(code));
    }
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
