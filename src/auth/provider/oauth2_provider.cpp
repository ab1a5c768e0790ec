#include "auth/provider/oauth2_provider.hpp"

#include "auth/provider/login_failure.hpp"

namespace carrel {

namespace {

constexpr size_t longest_subject = 255;

}  // namespace

OAuth2Provider::OAuth2Provider(ProviderSettings settings)
    : settings_(std::move(settings)), http_(settings_.ca_file) {}

Result<std::string> OAuth2Provider::authorization_url(ProviderQuestion const& question) {
    FormFields fields{{"response_type", "code"},
                      {"client_id", settings_.client_id},
                      {"redirect_uri", question.redirect_uri},
                      {"state", question.state},
                      {"code_challenge", pkce_challenge(question.verifier)},
                      {"code_challenge_method", "S256"}};
    if (!settings_.scopes.empty())
        fields.emplace_back("scope", fmt::format("{}", fmt::join(settings_.scopes, " ")));
    return with_query(settings_.authorize_url, fields);
}

Result<ProviderPerson> OAuth2Provider::identify(ProviderAnswer const& answer,
                                                ProviderQuestion const& question) {
    TRY(auto const tokens,
        http_.exchange(settings_.token_url, ClientProof::Form, settings_, answer.code, question));
    return person_by(tokens);
}

Result<ProviderPerson> OAuth2Provider::refresh(std::string& refresh_token,
                                               std::string const& subject) {
    TRY(auto const tokens,
        http_.refresh(settings_.token_url, ClientProof::Form, settings_, refresh_token));
    TRY(auto person, person_by(tokens));
    if (person.subject != subject)
        return login_failure("untrusted", Code::Unauthenticated,
                             "the details are those of somebody else");
    return person;
}

/// Whom the tokens are about.
Result<ProviderPerson> OAuth2Provider::person_by(nlohmann::json const& tokens) {
    auto const token = claim_text(tokens, "access_token");
    TRY(auto const claims, http_.get_json(settings_.user_url, token));
    auto person = person_of(claims, settings_.claims);
    person.subject = claim_text(claims, settings_.claims.subject);
    if (settings_.claims.subject.empty()) {
        person.subject = claim_text(claims, "sub");
        if (person.subject.empty()) person.subject = claim_text(claims, "id");
    }
    if (person.subject.empty() || person.subject.size() > longest_subject)
        return login_failure("misconfigured", Code::Unavailable,
                             "{} does not say whom it is about; see subject_claim",
                             settings_.user_url);
    person.refresh_token = claim_text(tokens, "refresh_token");
    TRY_VOID(complete(person, token));
    return person;
}

Result<> OAuth2Provider::complete(ProviderPerson&, std::string const&) { return {}; }

}  // namespace carrel
