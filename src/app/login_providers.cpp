#include "app/login_providers.hpp"

#include "auth/directory/child_directory.hpp"
#include "auth/oidc/oidc_provider.hpp"
#include "auth/provider/github_provider.hpp"
#include "runtime/log.hpp"

#include <unistd.h>

namespace carrel {

namespace {

SignUp to_sign_up(std::string_view word) {
    if (word == "nobody") return SignUp::Nobody;
    return word == "invited" ? SignUp::Invited : SignUp::Anybody;
}

ProviderSettings to_provider(LoginSettings const& from) {
    return {.name = from.name,
            .title = from.title,
            .kind = from.is_directory()     ? ProviderKind::Directory
                    : from.kind == "github" ? ProviderKind::GitHub
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
            .refresh_every = std::chrono::ceil<Seconds>(from.refresh_every),
            .ca_file = from.ca_file};
}

std::unique_ptr<LoginProvider> make_provider(ProviderSettings settings, Clock const& clock) {
    switch (settings.kind) {
        case ProviderKind::GitHub:
            return std::make_unique<GithubProvider>(std::move(settings));
        case ProviderKind::OAuth2:
            return std::make_unique<OAuth2Provider>(std::move(settings));
        case ProviderKind::OpenIdConnect:
        case ProviderKind::Directory:
            break;
    }
    return std::make_unique<OidcProvider>(std::move(settings), clock);
}

nlohmann::json pam_question(LoginSettings const& login) {
    return {{"kind", "pam"}, {"service", login.service}, {"minimum_uid", login.minimum_uid}};
}

/// What auth/directory/ldap_check.cpp wants to know. A secret is in it.
nlohmann::json ldap_question(LoginSettings const& login) {
    return {{"kind", "ldap"},
            {"servers", login.servers},
            {"start_tls", login.start_tls},
            {"ca_file", login.ca_file},
            {"user_dn", login.user_dn},
            {"search_base", login.search_base},
            {"search_filter", login.search_filter},
            {"bind_dn", login.bind_dn},
            {"bind_password", login.bind_password},
            {"group_base", login.group_base},
            {"group_filter", login.group_filter},
            {"subject_claim", login.subject_claim},
            {"username_claim", login.username_claim},
            {"display_name_claim", login.display_name_claim},
            {"email_claim", login.email_claim},
            {"groups_claim", login.groups_claim}};
}

}  // namespace

std::vector<std::unique_ptr<LoginProvider>> login_providers(Settings const& settings,
                                                            Clock const& clock) {
    std::vector<std::unique_ptr<LoginProvider>> providers;
    for (auto const& [name, login] : settings.logins)
        if (!login.is_directory()) providers.push_back(make_provider(to_provider(login), clock));
    return providers;
}

std::unique_ptr<Directories> login_directories(Settings const& settings, Store& store,
                                               Clock const& clock, Random& random,
                                               AccessPolicy& access) {
    std::vector<std::unique_ptr<Directory>> directories;
    for (auto const& [name, login] : settings.logins) {
        if (!login.is_directory()) continue;
        if (login.kind == "pam" && ::geteuid() != 0)
            log::warn("unix_accounts",
                      {{"login", name},
                       {"notice",
                        "without rights of root PAM's usual modules check nobody's "
                        "password but that of whom Carrel runs as"}});
        directories.push_back(std::make_unique<ChildDirectory>(
            to_provider(login),
            ChildDirectoryOptions{
                .kind = login.kind == "pam" ? pam_question(login) : ldap_question(login),
                .timeout = login.check_timeout}));
    }
    if (directories.empty()) return nullptr;
    return std::make_unique<Directories>(store, clock, random, std::move(directories), &access);
}

}  // namespace carrel
