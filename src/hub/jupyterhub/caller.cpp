#include "hub/jupyterhub/caller.hpp"

#include "auth/secret.hpp"
#include "base/text.hpp"
#include "hub/hub_access.hpp"
#include "hub/jupyterhub/names.hpp"
#include "runtime/log.hpp"

#include <algorithm>
#include <array>

namespace carrel::jupyterhub {

namespace {

/// A token's last use is remembered no more exactly than this, so that reading does not write.
constexpr Seconds touch_every{60};

std::unexpected<Error> nobody() {
    return fail(Code::Unauthenticated, "Missing or invalid credentials.");
}

/// What follows "token" or "Bearer" in Authorization.
std::optional<std::string_view> token_in(http::Request const& request) {
    auto const header = trimmed(request.headers.get("authorization"));
    auto const space = header.find(' ');
    auto const scheme = header.substr(0, space);
    if (!equals_ignoring_case(scheme, "bearer") && !equals_ignoring_case(scheme, "token"))
        return {};
    return space == std::string_view::npos ? std::string_view() : trimmed(header.substr(space));
}

template <class T>
Result<T> or_nobody(Result<T> found) {
    if (!found && found.error().code == Code::NotFound) return nobody();
    return found;
}

/// Carrel's own scopes in JupyterHub's words; their owner's rights bound them further.
struct Translation {
    Scope scope;
    std::vector<std::string> means;
};

std::vector<std::string> in_hub_scopes(Scopes const& scopes) {
    static std::array<Translation, 5> const translations{{
        {Scope::Self, {"read:users!user", "tokens!user"}},
        {Scope::Servers, {"servers", "read:users", "list:users", "users:activity"}},
        {Scope::AccessServers, {"access:servers", "access:services"}},
        {Scope::Governance, {"read:hub", "read:metrics", "proxy", "admin:services"}},
        {Scope::AdminUsers, {"admin:users", "admin:groups", "read:roles"}},
    }};
    // Carrel's words do not cover all of JupyterHub's, but who has them all means all.
    if (scopes == all_scopes()) return {"inherit"};
    std::vector<std::string> found;
    for (auto const& [scope, means] : translations)
        if (scopes.contains(scope)) found.insert(found.end(), means.begin(), means.end());
    return found;
}

}  // namespace

Result<std::vector<std::string>> roles_in(Transaction& transaction, Course const& course,
                                          User const& user) {
    rbac::Standing standing{.administrator = user.administrator};
    standing.leads = std::ranges::find(course.leaders, user.id) != course.leaders.end();
    TRY(standing.participates, may_have_server(transaction, course, user.id));
    return rbac::roles_of(standing);
}

Result<User> find_user_of_hub(Transaction& transaction, Course const& course,
                              std::string_view name) {
    auto user = transaction.users().find_by_name(name);
    if (user) {
        TRY(auto const roles, roles_in(transaction, course, *user));
        if (!roles.empty()) return user;
    } else if (user.error().code != Code::NotFound) {
        return user;
    }
    return fail(Code::NotFound, "No such user: {}", for_log(name, 80));
}

Result<Caller> CallerGate::identify(http::Request const& request) const {
    auto const& slug = request.parameter("slug");
    auto const token = token_in(request);
    if (token && !token->starts_with(token_prefix)) return by_hub_token(*token, slug);
    return by_carrel(request, slug);
}

Result<Caller> CallerGate::by_hub_token(std::string_view secret, std::string_view slug) const {
    auto const now = clock_.now();
    Caller caller;
    TRY_VOID(store_.read([&](Transaction& transaction) -> Result<> {
        TRY(caller.course, or_nobody(transaction.courses().find_by_slug(slug)));
        TRY(caller.token,
            or_nobody(transaction.hub_tokens().find_by_secret_hash(hash_secret(secret))));
        auto const& token = *caller.token;
        if (token.course != caller.course.id || !token.user) return nobody();
        if (token.expires_at && *token.expires_at <= now) return nobody();
        TRY(caller.user, or_nobody(transaction.users().find(*token.user)));
        if (caller.user.disabled) return nobody();
        TRY(caller.roles, roles_in(transaction, caller.course, caller.user));
        return {};
    }));
    auto const& token = *caller.token;
    rbac::Holder holder{.user = caller.user.name};
    auto const of_owner = rbac::scopes_of(caller.roles, holder);
    if (token.kind == HubTokenKind::Server)
        holder.server = rbac::server_id(caller.user.name, token.server);
    caller.scopes =
        rbac::effective(rbac::split_scopes(token.scopes), of_owner, holder, rbac::no_groups);
    caller.login = token.login;
    caller.ends_at = token.expires_at;
    if (!token.last_used_at || *token.last_used_at + touch_every <= now) {
        // A call is good even when its time cannot be written down, on a full disk for example.
        auto const touched = store_.write([&](Transaction& transaction) {
            return transaction.hub_tokens().touch(token.id, now);
        });
        if (!touched) log::warn("hub_token_not_touched", {{"cause", touched.error().message}});
    }
    return caller;
}

Result<Caller> CallerGate::by_carrel(http::Request const& request, std::string_view slug) const {
    TRY(auto identity, gate_.identify(request));
    Caller caller;
    caller.user = identity.user;
    caller.login = identity.login;
    caller.by_cookie = identity.by_cookie;
    caller.ends_at = identity.ends_at;
    TRY_VOID(store_.read([&](Transaction& transaction) -> Result<> {
        auto course = transaction.courses().find_by_slug(slug);
        if (!course && course.error().code != Code::NotFound)
            return std::unexpected(course.error());
        if (course) {
            caller.course = *std::move(course);
            TRY(caller.roles, roles_in(transaction, caller.course, caller.user));
        }
        // Nobody can probe for courses: a stranger hears the same of those that are not there.
        if (caller.roles.empty())
            return fail(Code::PermissionDenied, "you have no access to this hub");
        return {};
    }));
    rbac::Holder const holder{.user = caller.user.name};
    caller.scopes = rbac::scopes_of(caller.roles, holder);
    if (!identity.by_cookie)
        caller.scopes =
            rbac::effective(in_hub_scopes(identity.scopes), caller.scopes, holder, rbac::no_groups);
    return caller;
}

Result<> require_scope(Caller const& caller, std::string_view scope, rbac::Target const& target) {
    if (!caller.scopes.has(scope))
        return fail(Code::PermissionDenied,
                    "Action is not authorized with current scopes; requires any of [{}]", scope);
    if (!caller.scopes.allows(scope, target, rbac::no_groups))
        return fail(Code::NotFound, "No access to resources or resources not found");
    return {};
}

}  // namespace carrel::jupyterhub
