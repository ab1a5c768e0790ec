#include "hub/jupyterhub/share_calls.hpp"

#include "base/text.hpp"
#include "base/time_text.hpp"
#include "hub/hub_access.hpp"
#include "hub/jupyterhub/answers.hpp"
#include "hub/jupyterhub/audit.hpp"
#include "hub/jupyterhub/bodies.hpp"
#include "hub/jupyterhub/models.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/page.hpp"
#include "hub/sharing.hpp"

#include <algorithm>

namespace carrel::jupyterhub {

namespace {

using nlohmann::json;

/// Whom a call lets in or keeps out, by name: one of both.
struct Receiver {
    std::optional<std::string> user;
    std::optional<std::string> group;

    [[nodiscard]] std::string name() const {
        return user ? *user : "the group " + group.value_or("");
    }
};

Result<Receiver> read_receiver(json const& body) {
    Receiver receiver;
    TRY(receiver.user, text_in(body, "user"));
    TRY(receiver.group, text_in(body, "group"));
    if (receiver.user && receiver.group)
        return fail(Code::InvalidArgument, "Expected one of 'user' and 'group', not both");
    if (!receiver.user && !receiver.group)
        return fail(Code::InvalidArgument, "Must specify the 'user' or the 'group' to share with");
    return receiver;
}

/// Who names a group learns that there is one: its members know, and who may read it.
Result<> check_may_name(Transaction& transaction, Caller const& caller, std::string const& group) {
    bool const own = caller.may("read:users:groups", {.user = caller.user.name}) &&
                     std::ranges::find(caller.groups, group) != caller.groups.end();
    if (!own && !caller.may("read:groups:name", {.group = group}))
        return fail(Code::PermissionDenied,
                    "Need scope 'read:groups:name' to share with a group that you are not in");
    auto const found = transaction.hub_groups().find(caller.course.id, group);
    if (!found && found.error().code == Code::NotFound)
        return fail(Code::InvalidArgument, "there is no group called {} in this course",
                    for_log(group, 80));
    TRY_VOID(found);
    return {};
}

/// Writes the share. InvalidArgument: its receiver is nobody of this hub, or the owner.
Result<SharedServer> put_share(Transaction& transaction, Caller const& caller,
                               SharedServer const& wanted) {
    if (!wanted.group.empty()) {
        TRY_VOID(check_may_name(transaction, caller, wanted.group));
        TRY_VOID(transaction.hub_group_shares().put({.course = caller.course.id,
                                                     .owner = wanted.owner.id,
                                                     .server = wanted.server,
                                                     .group = wanted.group,
                                                     .created_at = wanted.created_at}));
        return wanted;
    }
    auto const user = find_user_of_hub(transaction, caller.course, wanted.user);
    if (!user && user.error().code == Code::NotFound)
        return fail(Code::InvalidArgument, "there is nobody called {} in this course",
                    for_log(wanted.user, 80));
    TRY_VOID(user);
    if (user->id == wanted.owner.id) return fail(Code::InvalidArgument, "it is their own server");
    TRY_VOID(transaction.hub_shares().put({.course = caller.course.id,
                                           .owner = wanted.owner.id,
                                           .server = wanted.server,
                                           .user = user->id,
                                           .created_at = wanted.created_at}));
    return wanted;
}

/// False: there was none; its receiver may have left the course meanwhile.
Result<bool> end_share_of(Transaction& transaction, Caller const& caller, User const& owner,
                          std::string const& server, Receiver const& receiver, Time now) {
    if (receiver.group)
        return end_group_share(transaction, caller.course,
                               {.course = caller.course.id,
                                .owner = owner.id,
                                .server = server,
                                .group = *receiver.group},
                               now);
    auto const user = transaction.users().find_by_name(*receiver.user);
    if (!user && user.error().code == Code::NotFound) return false;
    TRY_VOID(user);
    return end_share(
        transaction, caller.course,
        {.course = caller.course.id, .owner = owner.id, .server = server, .user = user->id}, now);
}

}  // namespace

Result<std::vector<SharedServer>> with_names(Transaction& transaction,
                                             std::vector<HubShare> const& people,
                                             std::vector<HubGroupShare> const& groups) {
    std::vector<UserId> ids;
    for (auto const& share : people) {
        ids.push_back(share.owner);
        ids.push_back(share.user);
    }
    for (auto const& share : groups) ids.push_back(share.owner);
    TRY(auto const users, transaction.users().find_all(ids));
    std::vector<SharedServer> found;
    for (auto const& share : people)
        found.push_back({.owner = users.at(share.owner),
                         .server = share.server,
                         .user = users.at(share.user).name,
                         .created_at = share.created_at});
    for (auto const& share : groups)
        found.push_back({.owner = users.at(share.owner),
                         .server = share.server,
                         .group = share.group,
                         .created_at = share.created_at});
    return found;
}

std::string share_scope(User const& owner, std::string_view server) {
    return "access:servers!server=" + rbac::server_id(owner.name, server);
}

Result<> check_share_scopes(json const& body, User const& owner, std::string_view server) {
    TRY(auto const scopes, words_in(body, "scopes"));
    for (auto const& scope : scopes.value_or(std::vector<std::string>()))
        if (scope != share_scope(owner, server) && scope != "access:servers" &&
            scope != "access:servers!server")
            return fail(Code::InvalidArgument, "only {} can be shared and not {}",
                        share_scope(owner, server), for_log(scope, 80));
    return {};
}

std::string server_title(User const& owner, std::string_view server) {
    return server.empty() ? fmt::format("the server of {}", owner.name)
                          : fmt::format("the server “{}” of {}", server, owner.name);
}

void ShareCalls::add_routes(http::Router& router) {
    ApiRoutes routes(router, *this);
    routes.add("GET", "/shares/{name}", &ShareCalls::list);
    routes.add("GET", "/share-codes/{name}", &ShareCalls::codes);
    routes.add("GET", "/users/{name}/shared", &ShareCalls::shared_with);
    routes.add("GET", "/groups/{group}/shared", &ShareCalls::shared_with_group);
    // The default server has no name: "/shares/ada/".
    for (auto const* const server : {"/", "/{server}"}) {
        auto const shares = "/shares/{name}" + std::string(server);
        routes.add("GET", shares, &ShareCalls::list);
        routes.add("POST", shares, &ShareCalls::give);
        routes.add("PATCH", shares, &ShareCalls::take_back);
        routes.add("DELETE", shares, &ShareCalls::take_all_back);
        auto const codes = "/share-codes/{name}" + std::string(server);
        routes.add("GET", codes, &ShareCalls::codes);
        routes.add("POST", codes, &ShareCalls::make_code);
        routes.add("DELETE", codes, &ShareCalls::remove_codes);
        auto const shared = "/users/{name}/shared/{owner}" + std::string(server);
        routes.add("GET", shared, &ShareCalls::one_shared_with);
        routes.add("DELETE", shared, &ShareCalls::leave);
        auto const of_group = "/groups/{group}/shared/{owner}" + std::string(server);
        routes.add("GET", of_group, &ShareCalls::one_shared_with_group);
        routes.add("DELETE", of_group, &ShareCalls::leave_as_group);
    }
    auto const add_page = [&](std::string_view method,
                              http::Response (ShareCalls::*handler)(http::Request&)) {
        router.add_blocking(method, "/c/{slug}/hub/accept-share",
                            [this, handler](http::Request& request) -> Result<http::Response> {
                                auto answer = (this->*handler)(request);
                                add_usual_fields(answer, false);
                                return answer;
                            });
    };
    add_page("GET", &ShareCalls::ask_to_accept);
    add_page("POST", &ShareCalls::accept);
}

Result<ShareCalls::Asked> ShareCalls::ask(http::Request const& request,
                                          std::string_view scope) const {
    Asked asked;
    TRY(asked.caller, callers_.identify(request));
    auto const& name = request.parameter("name");
    asked.server = request.parameter("server");
    asked.whole = asked.server.empty() && !request.path.ends_with('/');
    rbac::Target target{.user = name};
    if (!asked.whole) target.server = asked.server;
    TRY_VOID(require_scope(asked.caller, scope, target));
    TRY(asked.owner, use_.store.read([&](Transaction& transaction) {
        return find_user_of_hub(transaction, asked.caller.course, name);
    }));
    return asked;
}

/// The default server is always there, started or not.
Result<> ShareCalls::check_there(Transaction& transaction, Asked const& asked) const {
    TRY(bool const entitled, may_have_server(transaction, asked.caller.course, asked.owner.id));
    if (!entitled) return fail(Code::NotFound, "{} has no server here", asked.owner.name);
    if (asked.server.empty()) return {};
    auto const row =
        transaction.servers().find(asked.caller.course.id, asked.owner.id, asked.server);
    if (!row && row.error().code == Code::NotFound)
        return fail(Code::NotFound, "{} has no server named '{}'", asked.owner.name,
                    for_log(asked.server, 80));
    TRY_VOID(row);
    return {};
}

json ShareCalls::server_of(Course const& course, User const& owner, std::string const& name) const {
    auto const live = servers_.find({course.id, owner.id, name});
    return {{"user", {{"name", owner.name}}},
            {"name", name},
            {"url", use_.paths.server(course.request.slug, owner.name, name)},
            {"full_url", nullptr},
            {"ready", live && live->record.state == ServerState::Running}};
}

json ShareCalls::model(Caller const& caller, SharedServer const& shared) const {
    auto const named = [](std::string const& name) {
        return name.empty() ? json() : json{{"name", name}};
    };
    return {{"server", server_of(caller.course, shared.owner, shared.server)},
            {"scopes", {share_scope(shared.owner, shared.server)}},
            {"user", named(shared.user)},
            {"group", named(shared.group)},
            {"kind", shared.group.empty() ? "user" : "group"},
            {"created_at", format_time_micro(shared.created_at)}};
}

/// JupyterHub wraps these lists whether or not the client asks for it.
http::Response ShareCalls::page_of(http::Request const& request, Caller const& caller,
                                   std::vector<SharedServer> const& shares) const {
    auto page = read_page(request, use_.api_page_max_limit).value_or(PageRequest());
    page.wrapped = true;
    json items = json::array();
    auto const count = static_cast<long long>(shares.size());
    for (auto i = page.offset; i < std::min(count, page.offset + page.limit); ++i)
        items.push_back(model(caller, shares[static_cast<size_t>(i)]));
    return page_answer(request, page, std::move(items), count);
}

ShareCalls::Answer ShareCalls::list(http::Request& request) {
    CO_TRY_VOID(read_page(request, use_.api_page_max_limit));
    Asked asked;
    CO_TRY(auto const shares, co_await use_.pool.run([&]() -> Result<std::vector<SharedServer>> {
        TRY(asked, ask(request, "read:shares"));
        return use_.store.read([&](Transaction& transaction) -> Result<std::vector<SharedServer>> {
            auto const& course = asked.caller.course.id;
            TRY(auto people, transaction.hub_shares().of_owner(course, asked.owner.id));
            TRY(auto groups, transaction.hub_group_shares().of_owner(course, asked.owner.id));
            auto const other = [&](auto const& share) { return !asked.about(share.server); };
            std::erase_if(people, other);
            std::erase_if(groups, other);
            return with_names(transaction, people, groups);
        });
    }));
    co_return page_of(request, asked.caller, shares);
}

ShareCalls::Answer ShareCalls::give(http::Request& request) {
    Asked asked;
    CO_TRY(auto const shared, co_await use_.pool.run([&]() -> Result<SharedServer> {
        TRY(asked, ask(request, "shares"));
        TRY(auto const body, object_in(request));
        TRY_VOID(check_share_scopes(body, asked.owner, asked.server));
        TRY(auto const receiver, read_receiver(body));
        return use_.store.write([&](Transaction& transaction) -> Result<SharedServer> {
            TRY_VOID(check_there(transaction, asked));
            TRY(auto share, put_share(transaction, asked.caller,
                                      {.owner = asked.owner,
                                       .server = asked.server,
                                       .user = receiver.user.value_or(""),
                                       .group = receiver.group.value_or(""),
                                       .created_at = use_.clock.now()}));
            TRY_VOID(
                note_change(transaction, asked.caller, share.created_at,
                            {.kind = "share_given",
                             .subject = share.user,
                             .message = fmt::format("let {} into {}", receiver.name(),
                                                    server_title(asked.owner, asked.server))}));
            return share;
        });
    }));
    co_return http::Response::json(model(asked.caller, shared));
}

/// JupyterHub takes single scopes back; there is one.
ShareCalls::Answer ShareCalls::take_back(http::Request& request) {
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const asked, ask(request, "shares"));
        TRY(auto const body, object_in(request));
        TRY_VOID(check_share_scopes(body, asked.owner, asked.server));
        TRY(auto const receiver, read_receiver(body));
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            auto const now = use_.clock.now();
            TRY(bool const ended,
                end_share_of(transaction, asked.caller, asked.owner, asked.server, receiver, now));
            if (ended)
                TRY_VOID(note_change(
                    transaction, asked.caller, now,
                    {.kind = "share_ended",
                     .subject = receiver.user.value_or(""),
                     .message = fmt::format("took back that {} may enter {}", receiver.name(),
                                            server_title(asked.owner, asked.server))}));
            return http::Response::json(json::object());
        });
    });
}

ShareCalls::Answer ShareCalls::take_all_back(http::Request& request) {
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const asked, ask(request, "shares"));
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            auto const now = use_.clock.now();
            TRY_VOID(end_sharing_of_server(transaction, asked.caller.course, asked.owner.id,
                                           asked.server, now));
            TRY_VOID(
                note_change(transaction, asked.caller, now,
                            {.kind = "share_ended",
                             .subject = asked.owner.name,
                             .message = fmt::format("took back who may enter {}",
                                                    server_title(asked.owner, asked.server))}));
            return http::Response::empty(204);
        });
    });
}

}  // namespace carrel::jupyterhub
