#include "hub/jupyterhub/caller.hpp"

#include "auth/secret.hpp"
#include "base/text.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/xsrf.hpp"
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

std::string Caller::actor() const { return service ? "service:" + service->name : user.name; }

Result<Caller> CallerGate::identify(http::Request const& request, Surface surface) const {
    auto const& slug = request.parameter("slug");
    auto const token = token_in(request);
    if (token && !token->starts_with(token_prefix)) return by_hub_token(*token, slug);
    return by_carrel(request, slug, surface);
}

/// Whose token it is, with all that they may do.
Result<> CallerGate::read_owner(Transaction& transaction, Caller& caller,
                                std::string_view secret) const {
    Rights rights;
    if (auto const* const known = services_.by_token(caller.course.request.slug, secret)) {
        caller.service = *known;
        rights = rights_of(roles_, caller.course, *known);
    } else {
        TRY(caller.token,
            or_nobody(transaction.hub_tokens().find_by_secret_hash(hash_secret(secret))));
        auto const& token = *caller.token;
        if (token.course != caller.course.id) return nobody();
        if (token.expires_at && *token.expires_at <= clock_.now()) return nobody();
        if (token.user) {
            TRY(caller.user, or_nobody(transaction.users().find(*token.user)));
            if (!caller.user.may_enter()) return nobody();
            TRY(rights, rights_of(transaction, roles_, caller.course, caller.user));
        } else {
            TRY(caller.service,
                or_nobody(services_.find(transaction, caller.course, token.service)));
            rights = rights_of(roles_, caller.course, *caller.service);
        }
    }
    caller.roles = std::move(rights.roles);
    caller.groups = std::move(rights.groups);
    caller.scopes = std::move(rights.scopes);
    return {};
}

Result<Caller> CallerGate::by_hub_token(std::string_view secret, std::string_view slug) const {
    Caller caller{.book = &roles_, .paths = paths_};
    TRY_VOID(store_.read([&](Transaction& transaction) -> Result<> {
        TRY(caller.course, or_nobody(transaction.courses().find_by_slug(slug)));
        TRY_VOID(read_owner(transaction, caller, secret));
        rbac::Holder holder;
        (caller.service ? holder.service : holder.user) =
            caller.service ? caller.service->name : caller.user.name;
        std::vector<std::string> given{"inherit"};
        if (caller.token) {
            given = rbac::split_scopes(caller.token->scopes);
            if (caller.token->kind == HubTokenKind::Server)
                holder.server = rbac::server_id(caller.user.name, caller.token->server);
        }
        auto const written = rbac::expand_known(given, holder, roles_.custom_scopes());
        TRY(caller.in_group,
            membership_for(transaction, caller.course, {&written, &caller.scopes}));
        caller.scopes = rbac::effective(given, std::move(caller.scopes), holder, caller.in_group,
                                        roles_.custom_scopes());
        return {};
    }));
    if (caller.token) {
        caller.login = caller.token->login;
        caller.ends_at = caller.token->expires_at;
        touch(*caller.token);
    }
    return caller;
}

/// A call is good even when its time cannot be written down, on a full disk for example.
void CallerGate::touch(HubToken const& token) const {
    auto const now = clock_.now();
    if (token.last_used_at && *token.last_used_at + touch_every > now) return;
    auto const touched = store_.write_behind(
        [&](Transaction& transaction) { return transaction.hub_tokens().touch(token.id, now); });
    if (!touched) log::warn("hub_token_not_touched", {{"cause", touched.error().message}});
}

Result<Caller> CallerGate::by_carrel(http::Request const& request, std::string const& slug,
                                     Surface surface) const {
    TRY(auto identity,
        gate_.identify(request, Presence::Counts,
                       surface == Surface::Api ? check_api_call(slug) : check_page(slug)));
    Caller caller{.book = &roles_, .paths = paths_};
    caller.user = identity.user;
    caller.login = identity.login;
    caller.by_cookie = identity.by_cookie;
    caller.csrf_token = identity.csrf_token;
    caller.ends_at = identity.ends_at;
    rbac::Holder const holder{.user = caller.user.name};
    auto const given =
        identity.by_cookie ? std::vector<std::string>{"inherit"} : in_hub_scopes(identity.scopes);
    TRY_VOID(store_.read([&](Transaction& transaction) -> Result<> {
        Rights rights;
        auto course = transaction.courses().find_by_slug(slug);
        if (!course && course.error().code != Code::NotFound)
            return std::unexpected(course.error());
        if (course) {
            caller.course = *std::move(course);
            TRY(rights, rights_of(transaction, roles_, caller.course, caller.user));
        }
        // Nobody can probe for courses: a stranger hears the same of those that are not there.
        if (rights.roles.empty())
            return fail(Code::PermissionDenied, "you have no access to this hub");
        caller.roles = std::move(rights.roles);
        caller.groups = std::move(rights.groups);
        TRY(caller.in_group, membership_for(transaction, caller.course, {&rights.scopes}));
        caller.scopes = rbac::effective(given, std::move(rights.scopes), holder, caller.in_group,
                                        roles_.custom_scopes());
        return {};
    }));
    return caller;
}

Result<> require_some(Caller const& caller, std::string_view scope) {
    if (caller.scopes.has(scope)) return {};
    return fail(Code::PermissionDenied,
                "Action is not authorized with current scopes; requires any of [{}]", scope);
}

Result<> require_all(Caller const& caller, std::string_view scope) {
    TRY_VOID(require_some(caller, scope));
    if (caller.scopes.allows_everything(scope)) return {};
    return fail(Code::PermissionDenied,
                "Action is not authorized with current scopes; requires [{}] without a filter",
                scope);
}

Result<> require_scope(Caller const& caller, std::string_view scope, rbac::Target const& target) {
    TRY_VOID(require_some(caller, scope));
    if (!caller.may(scope, target))
        return fail(Code::NotFound, "No access to resources or resources not found");
    return {};
}

}  // namespace carrel::jupyterhub
