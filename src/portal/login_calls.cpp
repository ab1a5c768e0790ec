/// Which accounts elsewhere one can log in with: list, join, part.

#include "auth/provider/accounts.hpp"
#include "base/text.hpp"
#include "portal/calls.hpp"
#include "portal/factor_input.hpp"
#include "portal/input.hpp"
#include "portal/views.hpp"

#include <algorithm>

namespace carrel {

namespace {

using nlohmann::json;

json view_of_login(std::string const& login, std::string const& title, std::string_view kind,
                   LoginIdentity const* identity) {
    return {{"login", login},
            {"title", title},
            {"kind", text_or_null(kind)},
            {"joined_as", identity == nullptr ? json() : text_or_null(identity->shown)},
            {"joined_at", time_or_null(identity == nullptr ? std::nullopt
                                                           : std::optional(identity->created_at))},
            {"used_at", time_or_null(identity == nullptr ? std::nullopt : identity->used_at)}};
}

/// Those that there are, and below them joined ones that are not offered any more.
Result<http::Response> show_logins(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto joined, portal.store.read([&](Transaction& transaction) {
        return transaction.login_identities().of_user(visit.who.user.id);
    }));
    auto items = json::array();
    auto const offer = [&](ProviderSettings const& each, std::string_view kind) {
        auto const found = std::ranges::find(joined, each.name, &LoginIdentity::login);
        bool const is_joined = found != joined.end();
        items.push_back(view_of_login(each.name, each.title, kind, is_joined ? &*found : nullptr));
        if (is_joined) joined.erase(found);
    };
    if (portal.logins != nullptr)
        for (auto const* each : portal.logins->offered()) offer(*each, "provider");
    if (portal.directories != nullptr)
        for (auto const* each : portal.directories->offered()) offer(*each, "directory");
    for (auto const& each : joined)
        items.push_back(view_of_login(each.login, each.login, "", &each));
    return http::Response::json({{"items", std::move(items)}, {"next", nullptr}});
}

/// With a name and a password of there.
Result<http::Response> join_directory(PortalDependencies const& portal, Visit const& visit) {
    auto const& login = visit.request.parameter("login");
    TRY(auto input, JsonReader::of(visit.request));
    DirectoryQuestion const question{.username = std::string(trimmed(input.text("username"))),
                                     .password = input.text("password"),
                                     .address = visit.request.client_address()};
    TRY_VOID(input.done());
    auto joined = portal.directories->join(login, question, visit.who.user);
    if (!joined && joined.error().code == Code::LimitReached)
        return limited(joined.error(), visit.request);
    // Whoever asks is logged in, and stays so.
    if (!joined && joined.error().code == Code::Unauthenticated)
        return fail_field("password", "the user name or the password is wrong");
    TRY_VOID(joined);
    return http::Response::json({{"path", "/profile?joined=" + login}});
}

Result<http::Response> join_login(PortalDependencies const& portal, Visit const& visit) {
    if (portal.directories != nullptr && visit.who.by_cookie &&
        portal.directories->has(visit.request.parameter("login")))
        return join_directory(portal, visit);
    TRY_VOID(check_no_input(visit.request));
    if (!visit.who.by_cookie)
        return fail(Code::InvalidArgument, "a log-in is joined by a browser, not with a token");
    if (portal.logins == nullptr) return fail(Code::NotFound, "there is no such log-in");
    TRY(auto const path, portal.logins->join_path(visit.request.parameter("login"), visit.who));
    return http::Response::json({{"path", path}});
}

Result<http::Response> part_login(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    auto const& login = visit.request.parameter("login");
    TRY_VOID(portal.store.write([&](Transaction& transaction) {
        return part_from_provider(transaction, visit.who.user.id, login, portal.clock.now());
    }));
    return http::Response::empty();
}

}  // namespace

void add_login_calls(Calls& calls) {
    calls.add({.method = "GET",
               .path = "/me/logins",
               .summary = "Accounts elsewhere with which one can log in, or could",
               .scope = Scope::Self,
               .gives = "LoginIdentity[]"},
              show_logins);
    calls.add({.method = "POST",
               .path = "/me/logins/{login}",
               .summary = "Join an account of this directory to one's own, or begin to join one of "
                          "this provider",
               .scope = Scope::Self,
               .takes = "DirectoryPassword",
               .gives = "LoginJoin",
               .problems = {404, 409, 429, 503},
               .asks_directories = true},
              join_login);
    calls.add({.method = "DELETE",
               .path = "/me/logins/{login}",
               .summary = "Part it from one's own account",
               .scope = Scope::Self,
               .status = 204,
               .problems = {404, 409}},
              part_login);
}

}  // namespace carrel
