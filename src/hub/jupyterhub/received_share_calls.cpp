/// What was shared with somebody or with a group: the rows /users/{name}/shared and
/// /groups/{group}/shared.

#include "hub/jupyterhub/answers.hpp"
#include "hub/jupyterhub/audit.hpp"
#include "hub/jupyterhub/page.hpp"
#include "hub/jupyterhub/share_calls.hpp"
#include "hub/sharing.hpp"

namespace carrel::jupyterhub {

Result<http::Response> ShareCalls::one_of(http::Request const& request, Caller const& caller,
                                          std::vector<SharedServer> const& shares) const {
    for (auto const& shared : shares)
        if (shared.owner.name == request.parameter("owner") &&
            shared.server == request.parameter("server"))
            return http::Response::json(model(caller, shared));
    return fail(Code::NotFound, "No such share");
}

Result<std::vector<SharedServer>> ShareCalls::find_shared_with(http::Request const& request,
                                                               Caller& caller) const {
    auto const& name = request.parameter("name");
    TRY(caller, callers_.identify(request));
    TRY_VOID(require_scope(caller, "read:users:shares", {.user = name}));
    return use_.store.read([&](Transaction& transaction) -> Result<std::vector<SharedServer>> {
        TRY(auto const user, find_user_of_hub(transaction, caller.course, name));
        TRY(auto const own, transaction.hub_shares().of_user(caller.course.id, user.id));
        TRY(auto const by_group, transaction.hub_group_shares().of_user(caller.course.id, user.id));
        return with_names(transaction, own, by_group);
    });
}

ShareCalls::Answer ShareCalls::shared_with(http::Request& request) {
    CO_TRY_VOID(read_page(request, use_.api_page_max_limit));
    Caller caller;
    CO_TRY(auto const shares,
           co_await use_.pool.run([&] { return find_shared_with(request, caller); }));
    co_return page_of(request, caller, shares);
}

/// JupyterHub names a share by its receiver: what somebody has by a group is the group's.
ShareCalls::Answer ShareCalls::one_shared_with(http::Request& request) {
    Caller caller;
    CO_TRY(auto shares, co_await use_.pool.run([&] { return find_shared_with(request, caller); }));
    std::erase_if(shares, [](SharedServer const& shared) { return !shared.group.empty(); });
    co_return one_of(request, caller, shares);
}

ShareCalls::Answer ShareCalls::leave(http::Request& request) {
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        auto const& name = request.parameter("name");
        TRY(auto const caller, callers_.identify(request));
        TRY_VOID(require_scope(caller, "users:shares", {.user = name}));
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            TRY(auto const user, find_user_of_hub(transaction, caller.course, name));
            auto const owner = transaction.users().find_by_name(request.parameter("owner"));
            if (!owner && owner.error().code != Code::NotFound)
                return std::unexpected(owner.error());
            bool ended = false;
            if (owner) {
                TRY(ended, end_share(transaction, caller.course,
                                     {.course = caller.course.id,
                                      .owner = owner->id,
                                      .server = request.parameter("server"),
                                      .user = user.id},
                                     use_.clock.now()));
            }
            if (!ended) return fail(Code::NotFound, "No such share");
            return http::Response::empty(204);
        });
    });
}

Result<std::vector<SharedServer>> ShareCalls::find_shared_with_group(http::Request const& request,
                                                                     Caller& caller) const {
    auto const& group = request.parameter("group");
    TRY(caller, callers_.identify(request));
    TRY_VOID(require_scope(caller, "read:groups:shares", {.group = group}));
    return use_.store.read([&](Transaction& transaction) -> Result<std::vector<SharedServer>> {
        TRY_VOID(transaction.hub_groups().find(caller.course.id, group));
        TRY(auto const found, transaction.hub_group_shares().of_group(caller.course.id, group));
        return with_names(transaction, {}, found);
    });
}

ShareCalls::Answer ShareCalls::shared_with_group(http::Request& request) {
    CO_TRY_VOID(read_page(request, use_.api_page_max_limit));
    Caller caller;
    CO_TRY(auto const shares,
           co_await use_.pool.run([&] { return find_shared_with_group(request, caller); }));
    co_return page_of(request, caller, shares);
}

ShareCalls::Answer ShareCalls::one_shared_with_group(http::Request& request) {
    Caller caller;
    CO_TRY(auto const shares,
           co_await use_.pool.run([&] { return find_shared_with_group(request, caller); }));
    co_return one_of(request, caller, shares);
}

ShareCalls::Answer ShareCalls::leave_as_group(http::Request& request) {
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        auto const& group = request.parameter("group");
        TRY(auto const caller, callers_.identify(request));
        TRY_VOID(require_scope(caller, "groups:shares", {.group = group}));
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            auto const now = use_.clock.now();
            auto const owner = transaction.users().find_by_name(request.parameter("owner"));
            if (!owner && owner.error().code != Code::NotFound)
                return std::unexpected(owner.error());
            bool ended = false;
            auto const& server = request.parameter("server");
            if (owner) {
                TRY(ended, end_group_share(transaction, caller.course,
                                           {.course = caller.course.id,
                                            .owner = owner->id,
                                            .server = server,
                                            .group = group},
                                           now));
            }
            if (!ended) return fail(Code::NotFound, "No such share");
            TRY_VOID(note_change(transaction, caller, now,
                                 {.kind = "share_ended",
                                  .message = fmt::format("ended that the group {} may enter {}",
                                                         group, server_title(*owner, server))}));
            return http::Response::empty(204);
        });
    });
}

}  // namespace carrel::jupyterhub
