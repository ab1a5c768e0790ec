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

Result<std::vector<SharedServer>> with_people(Transaction& transaction,
                                              std::vector<HubShare> shares) {
    std::vector<UserId> ids;
    for (auto const& share : shares) {
        ids.push_back(share.owner);
        ids.push_back(share.user);
    }
    TRY(auto const users, transaction.users().find_all(ids));
    std::vector<SharedServer> found;
    for (auto& share : shares) {
        auto const& owner = users.at(share.owner);
        auto const& user = users.at(share.user);
        found.push_back({std::move(share), owner, user});
    }
    return found;
}

/// Whom a call lets in or not. InvalidArgument: nobody, a group, or nobody of this hub.
Result<User> read_receiver(Transaction& transaction, Caller const& caller, json const& body) {
    TRY(auto const name, text_in(body, "user"));
    TRY(auto const group, text_in(body, "group"));
    if (group) return fail(Code::InvalidArgument, "servers cannot be shared with groups here");
    if (!name) return fail(Code::InvalidArgument, "Must specify the user to share with");
    auto user = find_user_of_hub(transaction, caller.course, *name);
    if (!user && user.error().code == Code::NotFound)
        return fail(Code::InvalidArgument, "there is nobody called {} in this course",
                    for_log(*name, 80));
    return user;
}

}  // namespace

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
    return {{"server", server_of(caller.course, shared.owner, shared.share.server)},
            {"scopes", {share_scope(shared.owner, shared.share.server)}},
            {"user", {{"name", shared.user.name}}},
            {"group", nullptr},
            {"kind", "user"},
            {"created_at", format_time_micro(shared.share.created_at)}};
}

/// JupyterHub wraps these lists whether or not the client asks for it.
http::Response ShareCalls::page_of(http::Request const& request, Caller const& caller,
                                   std::vector<SharedServer> const& shares) const {
    auto page = read_page(request).value_or(PageRequest());
    page.wrapped = true;
    json items = json::array();
    auto const count = static_cast<long long>(shares.size());
    for (auto i = page.offset; i < std::min(count, page.offset + page.limit); ++i)
        items.push_back(model(caller, shares[static_cast<size_t>(i)]));
    return page_answer(request, page, std::move(items), count);
}

ShareCalls::Answer ShareCalls::list(http::Request& request) {
    CO_TRY_VOID(read_page(request));
    Asked asked;
    CO_TRY(auto const shares, co_await use_.pool.run([&]() -> Result<std::vector<SharedServer>> {
        TRY(asked, ask(request, "read:shares"));
        return use_.store.read([&](Transaction& transaction) -> Result<std::vector<SharedServer>> {
            auto const& course = asked.caller.course.id;
            TRY(auto found, transaction.hub_shares().of_owner(course, asked.owner.id));
            std::erase_if(found, [&](auto const& share) { return !asked.about(share.server); });
            return with_people(transaction, std::move(found));
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
        return use_.store.write([&](Transaction& transaction) -> Result<SharedServer> {
            TRY_VOID(check_there(transaction, asked));
            TRY(auto const user, read_receiver(transaction, asked.caller, body));
            if (user.id == asked.owner.id)
                return fail(Code::InvalidArgument, "it is their own server");
            HubShare const share{.course = asked.caller.course.id,
                                 .owner = asked.owner.id,
                                 .server = asked.server,
                                 .user = user.id,
                                 .created_at = use_.clock.now()};
            TRY_VOID(transaction.hub_shares().put(share));
            TRY_VOID(
                note_change(transaction, asked.caller, share.created_at,
                            {.kind = "share_given",
                             .subject = user.name,
                             .message = fmt::format("let {} into {}", user.name,
                                                    server_title(asked.owner, asked.server))}));
            return SharedServer{share, asked.owner, user};
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
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            auto const now = use_.clock.now();
            TRY(auto const name, text_in(body, "user"));
            if (!name) return fail(Code::InvalidArgument, "Must specify the user");
            // Somebody who has left the course, too.
            auto const user = transaction.users().find_by_name(*name);
            if (!user && user.error().code != Code::NotFound) return std::unexpected(user.error());
            if (!user) return http::Response::json(json::object());
            HubShare const share{.course = asked.caller.course.id,
                                 .owner = asked.owner.id,
                                 .server = asked.server,
                                 .user = user->id};
            TRY(bool const ended, end_share(transaction, asked.caller.course, share, now));
            if (ended)
                TRY_VOID(note_change(
                    transaction, asked.caller, now,
                    {.kind = "share_ended",
                     .subject = user->name,
                     .message = fmt::format("took back that {} may enter {}", user->name,
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

Result<std::vector<SharedServer>> ShareCalls::find_shared_with(http::Request const& request,
                                                               Caller& caller) const {
    auto const& name = request.parameter("name");
    TRY(caller, callers_.identify(request));
    TRY_VOID(require_scope(caller, "read:users:shares", {.user = name}));
    return use_.store.read([&](Transaction& transaction) -> Result<std::vector<SharedServer>> {
        TRY(auto const user, find_user_of_hub(transaction, caller.course, name));
        TRY(auto const found, transaction.hub_shares().of_user(caller.course.id, user.id));
        return with_people(transaction, found);
    });
}

ShareCalls::Answer ShareCalls::shared_with(http::Request& request) {
    CO_TRY_VOID(read_page(request));
    Caller caller;
    CO_TRY(auto const shares,
           co_await use_.pool.run([&] { return find_shared_with(request, caller); }));
    co_return page_of(request, caller, shares);
}

ShareCalls::Answer ShareCalls::one_shared_with(http::Request& request) {
    Caller caller;
    CO_TRY(auto const shares,
           co_await use_.pool.run([&] { return find_shared_with(request, caller); }));
    for (auto const& shared : shares)
        if (shared.owner.name == request.parameter("owner") &&
            shared.share.server == request.parameter("server"))
            co_return http::Response::json(model(caller, shared));
    co_return fail(Code::NotFound, "No such share");
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

}  // namespace carrel::jupyterhub
