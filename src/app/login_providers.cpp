#include "app/login_providers.hpp"

#include "auth/oidc/oidc_provider.hpp"
#include "auth/provider/github_provider.hpp"

namespace carrel {

namespace {

SignUp to_sign_up(std::string_view word) {
    if (word == "nobody") return SignUp::Nobody;
    return word == "invited" ? SignUp::Invited : SignUp::Anybody;
}

ProviderSettings to_provider(LoginSettings const& from) {
    return {.name = from.name,
            .title = from.title,
            .kind = from.kind == "github"   ? ProviderKind::GitHub
                    : from.kind == "oauth2" ? ProviderKind::OAuth2
                                            : ProviderKind::OpenIdConnect,
            .issuer = from.issuer,
            .authorize_url = from.authorize_url,
            .token_url = from.token_url,
            .user_url = from.user_url,
            .client_id = from.client_id,
            .client_secret = from.client_secret,
            .scopes = from.scopes,
            .claims = {.subject = from.subject_claim,
                       .username = from.username_claim,
                       .display_name = from.display_name_claim,
                       .email = from.email_claim,
                       .groups = from.groups_claim},
            .username_domain = from.username_domain,
            .administrator_groups = from.administrator_groups,
            .leader_groups = from.leader_groups,
            .allowed_groups = from.allowed_groups,
            .sign_up = to_sign_up(from.sign_up),
            .log_out_at_provider = from.log_out_at_provider,
            .ca_file = from.ca_file};
}

std::unique_ptr<LoginProvider> make_provider(ProviderSettings settings, Clock const& clock) {
    switch (settings.kind) {
        case ProviderKind::GitHub:
            return std::make_unique<GithubProvider>(std::move(settings));
        case ProviderKind::OAuth2:
            return std::make_unique<OAuth2Provider>(std::move(settings));
        case ProviderKind::OpenIdConnect:
            break;
    }
    return std::make_unique<OidcProvider>(std::move(settings), clock);
}

}  // namespace

std::vector<std::unique_ptr<LoginProvider>> login_providers(Settings const& settings,
                                                            Clock const& clock) {
    std::vector<std::unique_ptr<LoginProvider>> providers;
    for (auto const& [name, login] : settings.logins)
        providers.push_back(make_provider(to_provider(login), clock));
    return providers;
}

}  // namespace carrel
