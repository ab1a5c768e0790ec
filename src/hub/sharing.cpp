#include "hub/sharing.hpp"

#include "hub/hub_access.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/live_server.hpp"
#include "hub/rbac/scopes.hpp"

#include <nlohmann/json.hpp>

#include <map>

namespace carrel {

Result<std::vector<std::string>> shared_scopes(Transaction& transaction, Course const& course,
                                               UserId const& user) {
    std::vector<std::string> scopes;
    TRY(auto const shares, transaction.hub_shares().of_user(course.id, user));
    std::map<UserId, bool> entitled;
    for (auto const& share : shares) {
        TRY(auto const owner, transaction.users().find(share.owner));
        if (!entitled.contains(share.owner)) {
            TRY(entitled[share.owner], may_have_server(transaction, course, share.owner));
        }
        if (entitled[share.owner] && !owner.disabled)
            scopes.push_back("access:servers!server=" + rbac::server_id(owner.name, share.server));
    }
    return scopes;
}

Result<bool> end_share(Transaction& transaction, Course const& course, HubShare const& share,
                       Time now) {
    TRY(auto const removed, transaction.hub_shares().remove(share));
    if (removed == 0) return false;
    TRY(auto const owner, transaction.users().find(share.owner));
    TRY(auto const user, transaction.users().find(share.user));
    TRY_VOID(transaction.hub_tokens().remove_of_client(
        course.id, user.id, jupyterhub::client_id(owner.name, share.server)));
    ServerOwner const server{.course = course, .user = owner, .name = share.server};
    // By its slug: who takes this up knows where the hub is.
    TRY_VOID(transaction.outbox().add(
        {.kind = "revoke_entry",
         .payload = nlohmann::json{{"path", server.route({})}, {"user", user.name}}.dump(),
         .created_at = now,
         .due_at = now}));
    return true;
}

Result<> end_sharing_of_server(Transaction& transaction, Course const& course, UserId const& owner,
                               std::string_view server, Time now) {
    TRY(auto const shares, transaction.hub_shares().of_server(course.id, owner, server));
    for (auto const& share : shares) TRY_VOID(end_share(transaction, course, share, now));
    TRY(auto const codes, transaction.hub_share_codes().of_owner(course.id, owner));
    for (auto const& code : codes)
        if (code.server == server) TRY_VOID(transaction.hub_share_codes().remove(code.id));
    return {};
}

Result<> end_sharing_of_person(Transaction& transaction, Course const& course, UserId const& user,
                               Time now) {
    TRY(auto shares, transaction.hub_shares().of_owner(course.id, user));
    TRY(auto const received, transaction.hub_shares().of_user(course.id, user));
    shares.insert(shares.end(), received.begin(), received.end());
    for (auto const& share : shares) TRY_VOID(end_share(transaction, course, share, now));
    TRY(auto const codes, transaction.hub_share_codes().of_owner(course.id, user));
    for (auto const& code : codes) TRY_VOID(transaction.hub_share_codes().remove(code.id));
    return {};
}

}  // namespace carrel
