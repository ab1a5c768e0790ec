#include "hub/jupyterhub/oauth.hpp"

#include "auth/secret.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/told_client.hpp"
#include "hub/live_server.hpp"

#include <algorithm>

namespace carrel::jupyterhub {

namespace {

constexpr size_t longest_state = 4096;

std::unexpected<OAuthError> told(std::string_view error, std::string_view description,
                                 unsigned status = 400) {
    return std::unexpected(OAuthError{std::string(error), std::string(description), status});
}

Redeemed invalid_grant(std::string_view description) { return told("invalid_grant", description); }

std::vector<std::string> scopes_for(Client const& client) {
    std::vector<std::string> scopes{client.service
                                        ? "access:services!service=" + client.service->name
                                        : "access:servers!server=" +
                                              rbac::server_id(client.owner.name, client.server)};
    auto const identify = rbac::identify_scopes();
    scopes.insert(scopes.end(), identify.begin(), identify.end());
    if (client.service)
        scopes.insert(scopes.end(), client.service->client_scopes.begin(),
                      client.service->client_scopes.end());
    return scopes;
}

/// A SHA-256 in base64url.
bool is_challenge(std::string_view text) {
    auto const bytes = from_base64url(text);
    return bytes && bytes->size() == 32;
}

Result<Client> client_of(Transaction& transaction, Course const& course, HubToken const& token,
                         Origins const& origins, HubPaths const& paths) {
    TRY(auto owner, transaction.users().find(*token.user));
    auto callback =
        origins.of(owner.name) + paths.callback(course.request.slug, owner.name, token.server);
    return Client{token.client, std::move(owner), token.server, std::move(callback)};
}

Client client_of(Course const& course, Service const& service, HubPaths const& paths) {
    return {.id = service_client(service.name),
            .callback = service_callback(paths, course.request.slug, service),
            .service = service};
}

bool is_right_verifier(HubCode const& code, Form const& form) {
    auto const& verifier = form.get("code_verifier");
    if (code.challenge.empty()) return verifier.empty();
    return verifier.size() >= 43 && verifier.size() <= 128 &&
           equals_in_constant_time(challenge_of(verifier), code.challenge);
}

}  // namespace

std::string challenge_of(std::string_view verifier) { return to_base64url(sha256(verifier)); }

Result<Client> OAuth::find_client(Course const& course, Form const& query) const {
    return store_.read([&](Transaction& transaction) -> Result<Client> {
        auto const meant = client_meant(query.get("client_id"), course.request.slug);
        TRY(auto const service, find_service(transaction, course, meant));
        if (service && service->callback == query.get("redirect_uri")) return *service;
        TRY(auto const tokens, transaction.hub_tokens().of_servers(course.id, meant));
        for (auto const& token : tokens) {
            TRY(auto client, client_of(transaction, course, token, origins_, callers_.paths()));
            if (client.callback == query.get("redirect_uri")) return client;
        }
        return fail(Code::NotFound,
                    "no server or service here has this client id and this address");
    });
}

std::expected<AuthorizeRequest, OAuthError> OAuth::read_request(Client client, Form const& query) {
    AuthorizeRequest request{.client = std::move(client)};
    request.state = query.get("state");
    if (request.state.size() > longest_state)
        return told("invalid_request", "the state is too long");
    if (query.get("response_type") != "code")
        return told("unsupported_response_type", "only response_type=code is supported");
    request.challenge = query.get("code_challenge");
    auto const& method = query.get("code_challenge_method");
    if (query.has("code_challenge") && (method != "S256" || !is_challenge(request.challenge)))
        return told("invalid_request", "a code challenge is made by S256");
    if (!query.has("code_challenge") && !method.empty())
        return told("invalid_request", "the code challenge is missing");
    auto const allowed = scopes_for(request.client);
    request.scopes = rbac::split_scopes(query.get("scope"));
    if (request.scopes.empty()) request.scopes = allowed;
    for (auto const& scope : request.scopes)
        if (std::ranges::find(allowed, scope) == allowed.end())
            return told("invalid_scope", "the server may not ask for " + for_log(scope, 80));
    return request;
}

Result<bool> OAuth::is_agreed(Caller const& visitor, AuthorizeRequest const& request) const {
    auto const& service = request.client.service;
    if (service ? service->no_confirm : visitor.user.id == request.client.owner.id) return true;
    auto const now = clock_.now();
    return store_.read([&](Transaction& transaction) -> Result<bool> {
        TRY(auto const tokens,
            transaction.hub_tokens().of_user(visitor.course.id, visitor.user.id));
        return std::ranges::any_of(tokens, [&](HubToken const& token) {
            if (token.kind != HubTokenKind::OAuth || token.client != request.client.id ||
                (token.expires_at && *token.expires_at <= now))
                return false;
            auto const known = rbac::split_scopes(token.scopes);
            return std::ranges::all_of(request.scopes, [&](std::string const& scope) {
                return std::ranges::find(known, scope) != known.end();
            });
        });
    });
}

Result<std::string> OAuth::grant(Caller const& visitor, AuthorizeRequest const& request) {
    auto const now = clock_.now();
    auto const secret = random_.secret(24);
    HubCode const code{.hash = hash_secret(secret),
                       .course = visitor.course.id,
                       .client = request.client.id,
                       .user = visitor.user.id,
                       .redirect_uri = request.client.callback,
                       .scopes = rbac::join_scopes(request.scopes),
                       .login = visitor.login,
                       .challenge = request.challenge,
                       .created_at = now,
                       .expires_at = now + code_lasts,
                       .used_at = {}};
    Event entered{.at = now, .kind = "server_entered", .course = visitor.course.id};
    entered.actor = visitor.user.name;
    entered.subject = request.client.owner.name;
    entered.message = fmt::format("{} entered the server of {}", entered.actor, entered.subject);
    note_server(entered, request.client.server);
    TRY_VOID(store_.write([&](Transaction& transaction) -> Result<> {
        TRY_VOID(transaction.hub_codes().remove_expired(now));
        TRY_VOID(transaction.hub_tokens().remove_expired(now));
        TRY_VOID(transaction.hub_codes().insert(code));
        // No entry without its line in the audit log.
        if (!request.client.service && visitor.user.id != request.client.owner.id)
            TRY_VOID(transaction.events().append(entered));
        return {};
    }));
    return secret;
}

Result<Redeemed> OAuth::redeem(std::string_view slug, Form const& form) {
    return store_.write(
        [&](Transaction& transaction) { return redeem_in(transaction, slug, form); });
}

/// The service that is this client; nothing when none is.
Result<std::optional<Client>> OAuth::find_service(Transaction& transaction, Course const& course,
                                                  std::string_view client) const {
    constexpr std::string_view lead = "service-";
    if (!client.starts_with(lead)) return std::nullopt;
    auto const service = callers_.services().find(transaction, course, client.substr(lead.size()));
    if (service) return client_of(course, *service, callers_.paths());
    if (service.error().code == Code::NotFound) return std::nullopt;
    return std::unexpected(service.error());
}

/// The client that the secret proves: a running server's own token, or a service's.
Result<std::optional<Client>> OAuth::authenticated(Transaction& transaction, Course const& course,
                                                   Form const& form) {
    auto const& secret = form.get("client_secret");
    TRY(auto service, find_service(transaction, course, form.get("client_id")));
    if (service && !service->service->token_hash.empty() &&
        equals_in_constant_time(service->service->token_hash, hash_secret(secret)))
        return service;
    auto const token = transaction.hub_tokens().find_by_secret_hash(hash_secret(secret));
    if (!token && token.error().code != Code::NotFound) return std::unexpected(token.error());
    if (service && token && token->kind == HubTokenKind::Service && token->course == course.id &&
        token->service == service->service->name && !token->user)
        return service;
    if (!token || token->kind != HubTokenKind::Server || token->course != course.id ||
        token->client != client_meant(form.get("client_id"), course.request.slug) || !token->user)
        return std::nullopt;
    TRY(auto client, client_of(transaction, course, *token, origins_, callers_.paths()));
    return client;
}

Result<Redeemed> OAuth::redeem_in(Transaction& transaction, std::string_view slug,
                                  Form const& form) {
    auto const course = transaction.courses().find_by_slug(slug);
    if (!course && course.error().code != Code::NotFound) return std::unexpected(course.error());
    std::optional<Client> client;
    if (course) {
        TRY(client, authenticated(transaction, *course, form));
    }
    if (!client)
        return Redeemed(told("invalid_client", "no client of this hub has this secret", 401));
    if (form.get("grant_type") != "authorization_code")
        return Redeemed(told("unsupported_grant_type", "only codes can be exchanged for a token"));

    auto const hash = hash_secret(form.get("code"));
    auto const code = transaction.hub_codes().find(hash);
    if (!code && code.error().code != Code::NotFound) return std::unexpected(code.error());
    if (!code || code->course != course->id || code->client != client->id ||
        code->redirect_uri != client->callback)
        return invalid_grant("there is no such code");
    if (code->used_at) {
        // Two have it, and nobody can say which of them was meant.
        TRY_VOID(transaction.hub_tokens().remove_of_code(hash));
        return invalid_grant("the code has been used before");
    }
    if (code->expires_at <= clock_.now()) return invalid_grant("the code has expired");
    if (form.get("redirect_uri") != code->redirect_uri)
        return invalid_grant("the code was given for another address");
    if (!is_right_verifier(*code, form)) return invalid_grant("the code verifier is wrong");
    TRY_VOID(transaction.hub_codes().mark_used(hash, clock_.now()));
    return issue(transaction, *course, *client, *code);
}

/// What the visitor may do is asked again: a right may have ended since the code was made.
Result<Redeemed> OAuth::issue(Transaction& transaction, Course const& course, Client const& client,
                              HubCode const& code) {
    TRY(auto const visitor, transaction.users().find(code.user));
    TRY(auto const rights, rights_of(transaction, callers_.roles(), course, visitor));
    TRY(auto const in_group, membership_for(transaction, course, {&rights.scopes}));
    if (!visitor.may_enter() || !rights.scopes.allows(client.scope(), client.target(), in_group))
        return invalid_grant("the visitor has no access any more");
    auto const now = clock_.now();
    auto ends = now + token_lasts;
    TRY(auto const sessions, transaction.sessions().of_user(visitor.id));
    auto const session = std::ranges::find(sessions, code.login, &Session::id);
    if (session == sessions.end()) return invalid_grant("the visitor has logged out");
    ends = std::min<Time>(ends, session->created_at + SessionPolicy().longest);
    auto const secret = random_.hex(16);
    HubToken const token{
        .secret_hash = hash_secret(secret),
        .course = course.id,
        .user = visitor.id,
        .kind = HubTokenKind::OAuth,
        .client = client.id,
        .scopes = code.scopes,
        .note = client.service
                    ? "Service " + client.service->name
                    : "Server at " + callers_.paths().server(course.request.slug, client.owner.name,
                                                             client.server),
        .login = code.login,
        .code = code.hash,
        .created_at = now,
        .expires_at = ends};
    TRY_VOID(transaction.hub_tokens().insert(token));
    return GrantedToken{secret, std::chrono::floor<Seconds>(ends - now), code.scopes};
}

}  // namespace carrel::jupyterhub
