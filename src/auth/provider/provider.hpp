#pragma once

/// The role of a provider: somebody else who can tell who a person is. Kinds: `OidcProvider`,
/// `OAuth2Provider`, `GithubProvider`.

#include "base/clock.hpp"
#include "base/result.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carrel {

/// A directory's password is typed here; there is no page to be sent to.
enum class ProviderKind { OpenIdConnect, OAuth2, GitHub, Directory };

/// Whether a first login makes an account.
enum class SignUp { Anybody, Invited, Nobody };

/// Where a provider says what about a person. Empty: nowhere.
struct ClaimNames {
    std::string subject = "sub";
    std::string username = "preferred_username";
    std::string display_name = "name";
    std::string email = "email";
    std::string groups = "groups";
};

/// One [logins.<name>]. A secret is in here: never to be printed.
struct ProviderSettings {
    std::string name;
    std::string title;
    ProviderKind kind = ProviderKind::OpenIdConnect;
    std::string issuer;
    std::string authorize_url;  ///< these three of plain OAuth 2 and of GitHub
    std::string token_url;
    std::string user_url;
    std::string client_id;
    std::string client_secret;  ///< empty: a public client
    std::vector<std::string> scopes;
    ClaimNames claims;
    std::string username_domain;
    std::vector<std::string> administrator_groups;
    std::vector<std::string> leader_groups;
    std::vector<std::string> allowed_groups;  ///< empty: everybody
    SignUp sign_up = SignUp::Anybody;
    bool log_out_at_provider = false;
    /// How often it is asked again about who is logged in; 0: never.
    Seconds refresh_every{0};
    std::string ca_file;  ///< empty: the system's authorities
};

/// What goes along with a browser, and has to come back.
struct ProviderQuestion {
    std::string state;
    std::string nonce;
    std::string verifier;
    std::string redirect_uri;
};

/// What the browser brought back.
struct ProviderAnswer {
    std::string code;
    std::optional<std::string> issuer;  ///< "iss" of RFC 9207
};

/// Whom the provider means.
struct ProviderPerson {
    std::string subject;
    std::string username;
    std::string display_name;
    std::string email;  ///< empty: none, or one that nobody has verified
    std::vector<std::string> groups;
    std::string id_token;            ///< empty: not of OpenID Connect
    std::string log_out_at;          ///< where the provider's own session ends; empty: nowhere
    std::string refresh_token = {};  ///< with which it can be asked again; empty: not given
    bool tells_groups = true;        ///< false: they are as they were
};

/// Thread-safe. All calls block while they ask the provider, for a bounded time. Errors are
/// `login_failure`s.
class LoginProvider {
public:
    virtual ~LoginProvider() = default;
    [[nodiscard]] virtual ProviderSettings const& settings() const = 0;
    /// Where the browser is sent.
    [[nodiscard]] virtual Result<std::string> authorization_url(
        ProviderQuestion const& question) = 0;
    /// Exchanges the code, and checks all that came with it.
    [[nodiscard]] virtual Result<ProviderPerson> identify(ProviderAnswer const& answer,
                                                          ProviderQuestion const& question) = 0;
    /// Asks again about a person who is known, by what came with their log-in. A token that the
    /// provider gives in exchange takes the place of `refresh_token` at once, whatever else fails:
    /// the old one may be good no more. "refused": the provider does not vouch for them any more;
    /// "untrusted": it speaks of somebody else.
    [[nodiscard]] virtual Result<ProviderPerson> refresh(std::string& refresh_token,
                                                         std::string const& subject) = 0;
};

}  // namespace carrel
