#include "auth/oidc/oidc_provider.hpp"

#include "auth/oidc/id_token.hpp"
#include "auth/provider/login_failure.hpp"
#include "auth/provider/provider_url.hpp"
#include "base/text.hpp"
#include "runtime/log.hpp"

#include <algorithm>

namespace carrel {

namespace {

using nlohmann::json;

constexpr Seconds keep_for{3600};
constexpr Seconds ask_for_keys_every{30};

std::string without_slash(std::string url) {
    if (url.ends_with('/')) url.pop_back();
    return url;
}

/// "client_secret_basic" is what a document that does not say means.
ClientProof proof_in(json const& document) {
    auto const ways = claim_list(document, "token_endpoint_auth_methods_supported");
    bool const basic = ways.empty() || std::ranges::find(ways, "client_secret_basic") != ways.end();
    return basic ? ClientProof::Basic : ClientProof::Form;
}

}  // namespace

OidcProvider::OidcProvider(ProviderSettings settings, Clock const& clock)
    : settings_(std::move(settings)), clock_(clock), http_(settings_.ca_file) {}

Result<OidcProvider::KnownMetadata> OidcProvider::discover() {
    auto const place = without_slash(settings_.issuer) + "/.well-known/openid-configuration";
    TRY(auto const document, http_.get_json(place));
    Metadata found;
    found.at = clock_.now();
    found.issuer = claim_text(document, "issuer");
    // Some write a slash at the end that people leave out; nothing else may differ.
    if (without_slash(found.issuer) != without_slash(settings_.issuer))
        return login_failure("misconfigured", Code::Unavailable,
                             "{} says that it is the issuer '{}'", place, for_log(found.issuer));
    found.authorization_endpoint = claim_text(document, "authorization_endpoint");
    found.token_endpoint = claim_text(document, "token_endpoint");
    found.jwks_uri = claim_text(document, "jwks_uri");
    found.userinfo_endpoint = claim_text(document, "userinfo_endpoint");
    found.end_session_endpoint = claim_text(document, "end_session_endpoint");
    found.proof = proof_in(document);
    found.tells_issuer =
        document.value("authorization_response_iss_parameter_supported", json()) == true;
    for (auto const* const needed :
         {&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri})
        if (!is_provider_url(*needed))
            return login_failure("misconfigured", Code::Unavailable,
                                 "{} names no good addresses ('{}')", place, for_log(*needed));
    for (auto* const optional : {&found.userinfo_endpoint, &found.end_session_endpoint})
        if (!is_provider_url(*optional)) optional->clear();
    return std::make_shared<Metadata const>(std::move(found));
}

Result<OidcProvider::KnownMetadata> OidcProvider::metadata() {
    KnownMetadata known;
    {
        std::scoped_lock const lock(mutex_);
        known = metadata_;
    }
    if (known && clock_.now() < known->at + keep_for) return known;
    auto fresh = discover();
    if (!fresh && known) {
        log::warn("login_provider_not_asked_again",
                  {{"login", settings_.name}, {"cause", fresh.error().message}});
        return known;
    }
    if (!fresh) return fresh;
    std::scoped_lock const lock(mutex_);
    metadata_ = *fresh;
    return fresh;
}

Result<OidcProvider::KnownKeys> OidcProvider::keys(Metadata const& metadata,
                                                   std::optional<Time> older_than) {
    auto const now = clock_.now();
    KnownKeys known;
    {
        std::scoped_lock const lock(mutex_);
        known = keys_;
        bool const good =
            known && now < known->at + keep_for && (!older_than || known->at > *older_than);
        bool const soon =
            older_than && keys_asked_again_at_ && now < *keys_asked_again_at_ + ask_for_keys_every;
        if (good || soon) return known;
        if (older_than) keys_asked_again_at_ = now;
    }
    auto const document = http_.get(metadata.jwks_uri);
    if (!document && known) {
        log::warn("login_provider_keys_not_asked_again",
                  {{"login", settings_.name}, {"cause", document.error().message}});
        return known;
    }
    if (!document) return std::unexpected(document.error());
    auto set = oidc::KeySet::parse(*document);
    if (!set)
        return login_failure("misconfigured", Code::Unavailable, "{}: {}", metadata.jwks_uri,
                             set.error().message);
    auto fresh = std::make_shared<Keys const>(Keys{*std::move(set), now});
    std::scoped_lock const lock(mutex_);
    keys_ = fresh;
    return fresh;
}

Result<std::string> OidcProvider::authorization_url(ProviderQuestion const& question) {
    TRY(auto const known, metadata());
    return with_query(known->authorization_endpoint,
                      {{"response_type", "code"},
                       {"client_id", settings_.client_id},
                       {"redirect_uri", question.redirect_uri},
                       {"scope", fmt::format("{}", fmt::join(settings_.scopes, " "))},
                       {"state", question.state},
                       {"nonce", question.nonce},
                       {"code_challenge", pkce_challenge(question.verifier)},
                       {"code_challenge_method", "S256"}});
}

Result<> OidcProvider::check_answer_issuer(Metadata const& metadata,
                                           ProviderAnswer const& answer) const {
    bool const missing = metadata.tells_issuer && !answer.issuer;
    if (missing || (answer.issuer && *answer.issuer != metadata.issuer))
        return login_failure("untrusted", Code::Unauthenticated,
                             "the answer is another provider's (iss '{}')",
                             for_log(answer.issuer.value_or("")));
    return {};
}

Result<json> OidcProvider::id_token_claims(Metadata const& metadata, json const& tokens,
                                           std::optional<std::string> const& nonce) {
    oidc::IdTokenRules const rules{.issuer = metadata.issuer,
                                   .client_id = settings_.client_id,
                                   .nonce = nonce,
                                   .access_token = claim_text(tokens, "access_token"),
                                   .now = clock_.now()};
    auto const token = claim_text(tokens, "id_token");
    TRY(auto known, keys(metadata));
    auto claims = oidc::check_id_token(token, known->set, rules);
    if (!claims && claims.error().code == Code::NotFound) {
        // The provider may have new keys.
        TRY(known, keys(metadata, known->at));
        claims = oidc::check_id_token(token, known->set, rules);
    }
    if (!claims)
        return login_failure("untrusted", claims.error().code, "{}", claims.error().message);
    return claims;
}

/// The ID token's claims, and those that are told only where the person's details are. What the
/// token says counts: it is signed.
Result<json> OidcProvider::all_claims(Metadata const& metadata, json const& tokens, json claims) {
    if (metadata.userinfo_endpoint.empty()) return claims;
    TRY(auto const more,
        http_.get_json(metadata.userinfo_endpoint, claim_text(tokens, "access_token")));
    if (claim_text(more, "sub") != claim_text(claims, "sub"))
        return login_failure("untrusted", Code::Unauthenticated,
                             "the details are those of somebody else (sub)");
    for (auto const& [name, value] : more.items())
        if (!claims.contains(name)) claims[name] = value;
    return claims;
}

Result<ProviderPerson> OidcProvider::identify(ProviderAnswer const& answer,
                                              ProviderQuestion const& question) {
    TRY(auto const known, metadata());
    TRY_VOID(check_answer_issuer(*known, answer));
    TRY(auto const tokens,
        http_.exchange(known->token_endpoint, known->proof, settings_, answer.code, question));
    TRY(auto claims, id_token_claims(*known, tokens, question.nonce));
    TRY(claims, all_claims(*known, tokens, std::move(claims)));
    return person_in(*known, tokens, claims);
}

/// An ID token need not come again (OpenID Connect Core section 12.2). Where it does not, what it
/// alone had told is as it was.
Result<ProviderPerson> OidcProvider::refresh(std::string& refresh_token,
                                             std::string const& subject) {
    TRY(auto const known, metadata());
    TRY(auto const tokens,
        http_.refresh(known->token_endpoint, known->proof, settings_, refresh_token));
    json claims{{"sub", subject}};
    bool const told = !claim_text(tokens, "id_token").empty();
    if (told) {
        TRY(claims, id_token_claims(*known, tokens, std::nullopt));
    }
    if (claim_text(claims, "sub") != subject)
        return login_failure("untrusted", Code::Unauthenticated,
                             "the ID token is about somebody else (sub)");
    if (!told && known->userinfo_endpoint.empty())
        return login_failure("misconfigured", Code::Unavailable,
                             "the provider says nothing about the person when it is asked again");
    TRY(claims, all_claims(*known, tokens, std::move(claims)));
    auto person = person_in(*known, tokens, claims);
    person.tells_groups = told || claims.contains(settings_.claims.groups);
    return person;
}

ProviderPerson OidcProvider::person_in(Metadata const& metadata, json const& tokens,
                                       json const& claims) const {
    auto person = person_of(claims, settings_.claims);
    person.subject = claim_text(claims, "sub");
    person.id_token = claim_text(tokens, "id_token");
    person.log_out_at = metadata.end_session_endpoint;
    person.refresh_token = claim_text(tokens, "refresh_token");
    return person;
}

}  // namespace carrel
