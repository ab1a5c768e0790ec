/// The keys of [logins.<name>]: with whose accounts people log in.

#include "config/keys.hpp"

namespace carrel {

namespace {

std::vector<Key<LoginSettings>> const all_login_keys{
    {"",
     "preset",
     [](LoginSettings& s) -> Field { return &s.preset; },
     {},
     {"", "auth0", "cognito", "google", "entra", "keycloak", "authentik", "gitlab"},
     "A provider that is known here: the id and the secret are enough, with the `issuer` where "
     "each tenant has its own. What else is given counts instead of what is known."},
    {"",
     "kind",
     [](LoginSettings& s) -> Field { return &s.kind; },
     {},
     {"", "oidc", "oauth2", "github", "pam", "ldap"},
     "How it speaks: OpenID Connect, plain OAuth 2, GitHub's OAuth 2; or with passwords that are "
     "typed here: `pam`, the Unix accounts of this machine, and `ldap`. Needed without a preset."},
    {"",
     "title",
     [](LoginSettings& s) -> Field { return &s.title; },
     {},
     {},
     "What the button says; empty: the preset's, or the name of the section."},
    {"",
     "issuer",
     [](LoginSettings& s) -> Field { return &s.issuer; },
     {},
     {},
     "OpenID Connect: the provider's address; `/.well-known/openid-configuration` below it says "
     "the rest."},
    {"",
     "authorize_url",
     [](LoginSettings& s) -> Field { return &s.authorize_url; },
     {},
     {},
     "OAuth 2: where people are asked. GitHub's is known."},
    {"",
     "token_url",
     [](LoginSettings& s) -> Field { return &s.token_url; },
     {},
     {},
     "OAuth 2: where codes are exchanged. GitHub's is known."},
    {"",
     "user_url",
     [](LoginSettings& s) -> Field { return &s.user_url; },
     {},
     {},
     "OAuth 2: what says who somebody is, as JSON. GitHub's is known."},
    {"",
     "client_id",
     [](LoginSettings& s) -> Field { return &s.client_id; },
     {},
     {},
     "Under which id the provider knows this platform. Needed. There its redirect address is "
     "`https://<this platform>/login/<name>/callback`."},
    {"",
     "client_secret",
     [](LoginSettings& s) -> Field { return &s.client_secret; },
     {},
     {},
     "The secret that belongs to the id; better in a file. Never printed. Empty: a public client."},
    {"",
     "client_secret_file",
     [](LoginSettings& s) -> Field { return &s.client_secret_file; },
     {},
     {},
     "The file with it; only its owner should be able to read it."},
    {"",
     "scopes",
     [](LoginSettings& s) -> Field { return &s.scopes; },
     {},
     {},
     "What is asked for; empty: what the preset or the kind needs."},
    {"",
     "subject_claim",
     [](LoginSettings& s) -> Field { return &s.subject_claim; },
     {},
     {},
     "OAuth 2: what names a person for ever, as an id does and a name does not; empty: `sub`, or "
     "`id` where there is none."},
    {"",
     "username_claim",
     [](LoginSettings& s) -> Field { return &s.username_claim; },
     {},
     {},
     "What the user name is made of; empty: `preferred_username`, or what the preset knows."},
    {"",
     "display_name_claim",
     [](LoginSettings& s) -> Field { return &s.display_name_claim; },
     {},
     {},
     "What a new account shows as its name; empty: `name`."},
    {"",
     "email_claim",
     [](LoginSettings& s) -> Field { return &s.email_claim; },
     {},
     {},
     "A new account's e-mail address; empty: `email`. One that the provider has not verified is "
     "left out."},
    {"",
     "groups_claim",
     [](LoginSettings& s) -> Field { return &s.groups_claim; },
     {},
     {},
     "What lists somebody's groups; empty: `groups`, or what the preset knows. GitHub's groups are "
     "organisations (`physics`) and teams (`physics/tutors`)."},
    {"",
     "username_domain",
     [](LoginSettings& s) -> Field { return &s.username_domain; },
     {},
     {},
     "Left out at the end of user names that are addresses: of `ada@example.org`, with "
     "`example.org`, becomes `ada`."},
    {"",
     "administrator_groups",
     [](LoginSettings& s) -> Field { return &s.administrator_groups; },
     {},
     {},
     "Whoever is in one of these is an administrator; looked at again at each log-in."},
    {"",
     "leader_groups",
     [](LoginSettings& s) -> Field { return &s.leader_groups; },
     {},
     {},
     "Whoever is in one of these may lead courses; looked at again at each log-in."},
    {"",
     "allowed_groups",
     [](LoginSettings& s) -> Field { return &s.allowed_groups; },
     {},
     {},
     "Only who is in one of these is let in; empty: everybody whom the provider knows."},
    {"",
     "sign_up",
     [](LoginSettings& s) -> Field { return &s.sign_up; },
     {},
     {"anybody", "invited", "nobody"},
     "For whom a first log-in makes an account: everybody, who comes by a course's invitation, or "
     "nobody."},
    {"",
     "log_out_at_provider",
     [](LoginSettings& s) -> Field { return &s.log_out_at_provider; },
     {},
     {},
     "OpenID Connect: whether logging out here leads to the provider's own log-out. There "
     "`https://<this platform>/login` is where it leads back to."},
    {"",
     "refresh_seconds",
     [](LoginSettings& s) -> Field { return &s.refresh_every; },
     {0, 86400},
     {},
     "How often the provider is asked again about somebody who is logged in and works here: who "
     "has lost their account there is logged out, and groups give and take roles. 0: at each "
     "log-in alone. It needs a refresh token; see `docs/howto/log-in-with-openid-connect.md`."},
    {"",
     "ca_file",
     [](LoginSettings& s) -> Field { return &s.ca_file; },
     {},
     {},
     "PEM file of the authority that has signed the provider's certificate; empty: the system's."},
};

}  // namespace

std::span<Key<LoginSettings> const> login_keys() {
    static auto const all = [] {
        auto keys = all_login_keys;
        auto const more = directory_keys();
        keys.insert(keys.end(), more.begin(), more.end());
        return keys;
    }();
    return all;
}

}  // namespace carrel
