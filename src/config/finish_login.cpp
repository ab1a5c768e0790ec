#include "config/login_settings.hpp"

#include "base/text.hpp"
#include "config/begin_at.hpp"

#include <algorithm>
#include <array>
#include <fstream>

namespace carrel {

namespace {

/// What is known about a provider, so that nobody has to write it down.
struct Preset {
    std::string_view name;
    std::string_view title;
    std::string_view issuer;  ///< empty: the tenant's, which has to be given
    std::string_view like;    ///< what such an address looks like
    std::string_view scopes;
    std::string_view username_claim;
    std::string_view groups_claim;
    /// Besides, to be asked again later; empty: it needs no word of its own for that.
    std::string_view refresh_scope = {};
};

constexpr std::string_view usual_scopes = "openid profile email";

constexpr std::array presets{
    Preset{"auth0", "Auth0", "", "https://TENANT.eu.auth0.com", usual_scopes, "nickname", "",
           "offline_access"},
    Preset{"cognito", "Amazon Cognito", "", "https://cognito-idp.REGION.amazonaws.com/REGION_POOL",
           usual_scopes, "cognito:username", "cognito:groups"},
    Preset{"google", "Google", "https://accounts.google.com", "", usual_scopes, "email", ""},
    Preset{"entra", "Microsoft", "", "https://login.microsoftonline.com/TENANT-ID/v2.0",
           usual_scopes, "preferred_username", "groups", "offline_access"},
    Preset{"keycloak", "Keycloak", "", "https://keycloak.example.org/realms/REALM", usual_scopes,
           "preferred_username", "groups"},
    Preset{"authentik", "authentik", "", "https://authentik.example.org/application/o/NAME/",
           usual_scopes, "preferred_username", "groups", "offline_access"},
    Preset{"gitlab", "GitLab", "https://gitlab.com", "", usual_scopes, "nickname", "groups"},
};

/// Https, or http on this machine alone.
bool is_url(std::string_view url) {
    bool const local = url.starts_with("http://127.0.0.1") || url.starts_with("http://localhost") ||
                       url.starts_with("http://[::1]");
    return (local || (url.starts_with("https://") && url.size() > 8)) &&
           url.find_first_of(" \t\r\n\"<>\\") == std::string_view::npos;
}

void default_to(std::string& field, std::string_view value) {
    if (field.empty()) field = value;
}

class Finisher {
public:
    Finisher(LoginSettings& login, std::filesystem::path const& folder)
        : login_(login), folder_(folder), section_("logins." + login.name) {}

    Result<> run() {
        TRY_VOID(apply_preset());
        if (login_.client_id.empty()) return wrong("client_id", "is missing");
        TRY_VOID(read_secret());
        if (login_.kind == "oidc") {
            TRY_VOID(finish_oidc());
        } else {
            TRY_VOID(finish_oauth2());
        }
        default_to(login_.title, login_.name);
        begin_at(folder_, login_.ca_file);
        if (!login_.ca_file.empty() && !std::ifstream(login_.ca_file))
            return wrong("ca_file", fmt::format("cannot be read ({})", login_.ca_file));
        return {};
    }

private:
    [[nodiscard]] std::unexpected<Error> wrong(std::string_view key, std::string_view what) const {
        return fail_field(fmt::format("{}.{}", section_, key), "{}.{} {}", section_, key, what);
    }

    Result<> apply_preset() {
        if (login_.preset.empty()) {
            if (login_.kind.empty()) return wrong("kind", "is missing, and so is a preset");
            return {};
        }
        if (!login_.kind.empty() && login_.kind != "oidc")
            return wrong("kind", fmt::format("is of no use beside preset = \"{}\"", login_.preset));
        login_.kind = "oidc";
        auto const* const preset = std::ranges::find(presets, login_.preset, &Preset::name);
        if (login_.issuer.empty() && preset->issuer.empty())
            return wrong("issuer", fmt::format("is missing: an address like {}", preset->like));
        default_to(login_.title, preset->title);
        default_to(login_.issuer, preset->issuer);
        default_to(login_.username_claim, preset->username_claim);
        default_to(login_.groups_claim, preset->groups_claim);
        if (!login_.scopes.empty()) return {};
        for (auto const scope : split(preset->scopes, ' ')) login_.scopes.emplace_back(scope);
        if (login_.refresh_every.count() > 0 && !preset->refresh_scope.empty())
            login_.scopes.emplace_back(preset->refresh_scope);
        return {};
    }

    Result<> read_secret() {
        if (login_.client_secret_file.empty()) return {};
        if (!login_.client_secret.empty())
            return wrong("client_secret_file", "is of no use beside client_secret");
        auto const path = folder_ / login_.client_secret_file;
        std::ifstream file(path);
        if (!std::getline(file, login_.client_secret))
            return wrong("client_secret_file", fmt::format("cannot be read ({})", path.string()));
        login_.client_secret = std::string(trimmed(login_.client_secret));
        return {};
    }

    Result<> finish_oidc() {
        if (!is_url(login_.issuer)) return wrong("issuer", "is the provider's https:// address");
        for (auto const& [key, value] :
             {std::pair("authorize_url", &login_.authorize_url),
              std::pair("token_url", &login_.token_url), std::pair("user_url", &login_.user_url)})
            if (!value->empty())
                return wrong(key, "is of no use: OpenID Connect finds it by the issuer");
        if (!login_.subject_claim.empty() && login_.subject_claim != "sub")
            return wrong("subject_claim", "is always sub with OpenID Connect");
        if (login_.scopes.empty())
            for (auto const scope : split(usual_scopes, ' ')) login_.scopes.emplace_back(scope);
        if (std::ranges::find(login_.scopes, "openid") == login_.scopes.end())
            login_.scopes.insert(login_.scopes.begin(), "openid");
        default_to(login_.subject_claim, "sub");
        default_to(login_.username_claim, "preferred_username");
        default_to(login_.display_name_claim, "name");
        default_to(login_.email_claim, "email");
        default_to(login_.groups_claim, "groups");
        return {};
    }

    /// GitHub's addresses are known, and follow from an Enterprise Server's own.
    void finish_github() {
        default_to(login_.issuer, "https://github.com");
        if (login_.issuer.ends_with('/')) login_.issuer.pop_back();
        bool const public_one = login_.issuer == "https://github.com";
        default_to(login_.title, "GitHub");
        default_to(login_.authorize_url, login_.issuer + "/login/oauth/authorize");
        default_to(login_.token_url, login_.issuer + "/login/oauth/access_token");
        default_to(login_.user_url,
                   public_one ? "https://api.github.com/user" : login_.issuer + "/api/v3/user");
        default_to(login_.subject_claim, "id");
        default_to(login_.username_claim, "login");
        bool const groups = !login_.administrator_groups.empty() || !login_.leader_groups.empty() ||
                            !login_.allowed_groups.empty();
        if (login_.scopes.empty()) login_.scopes = {"read:user", "user:email"};
        if (groups && std::ranges::find(login_.scopes, "read:org") == login_.scopes.end())
            login_.scopes.emplace_back("read:org");
    }

    Result<> finish_oauth2() {
        if (login_.kind == "github") finish_github();
        for (auto const& [key, value] :
             {std::pair("authorize_url", &login_.authorize_url),
              std::pair("token_url", &login_.token_url), std::pair("user_url", &login_.user_url)})
            if (!is_url(*value)) return wrong(key, "is an https:// address of the provider");
        if (login_.log_out_at_provider)
            return wrong("log_out_at_provider", "is of no use: OAuth 2 knows no log-out");
        default_to(login_.username_claim, "preferred_username");
        default_to(login_.display_name_claim, "name");
        default_to(login_.email_claim, "email");
        default_to(login_.groups_claim, "groups");
        return {};
    }

    LoginSettings& login_;
    std::filesystem::path const& folder_;
    std::string section_;
};

}  // namespace

Result<> finish_login(LoginSettings& login, std::filesystem::path const& folder) {
    if (login.is_directory()) return finish_directory(login, folder);
    return Finisher(login, folder).run();
}

}  // namespace carrel
