#include "config/login_settings.hpp"

#include "base/temporary_folder.hpp"
#include "config/settings.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace carrel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class LoginSettingsTest : public testing::Test {
protected:
    Result<Settings> try_load(std::string const& content) {
        auto const path = folder_.path() / "carrel.toml";
        std::ofstream(path) << content;
        sources_.files = {path};
        sources_.folder = folder_.path();
        return load_settings(sources_);
    }
    LoginSettings load(std::string const& content) {
        auto const loaded = try_load("[logins.campus]\n" + content);
        if (!loaded) throw std::runtime_error(loaded.error().message);
        return loaded->logins.at("campus");
    }
    std::string problem(std::string const& content) {
        auto const loaded = try_load("[logins.campus]\n" + content);
        return loaded ? "" : loaded.error().field + ": " + loaded.error().message;
    }

    TemporaryFolder folder_;
    Sources sources_;
};

TEST_F(LoginSettingsTest, APresetNeedsOnlyAnIdAndASecret) {
    auto const google = load("preset = \"google\"\nclient_id = \"i\"\nclient_secret = \"s\"");
    EXPECT_EQ(google.kind, "oidc");
    EXPECT_EQ(google.title, "Google");
    EXPECT_EQ(google.issuer, "https://accounts.google.com");
    EXPECT_THAT(google.scopes, ElementsAre("openid", "profile", "email"));
    EXPECT_EQ(google.username_claim, "email");
    for (auto const* const name : {"auth0", "cognito", "entra", "keycloak", "authentik"}) {
        auto const start = std::string("preset = \"") + name + "\"\nclient_id = \"i\"\n";
        EXPECT_THAT(problem(start), HasSubstr("issuer is missing: an address like https://"));
        auto const tenant = load(start + "issuer = \"https://tenant.example\"");
        EXPECT_EQ(tenant.issuer, "https://tenant.example");
        EXPECT_NE(tenant.username_claim, "") << name;
    }
    // What is given counts.
    EXPECT_EQ(load("preset = \"gitlab\"\nclient_id = \"i\"\nissuer = \"https://git.example\"\n"
                   "username_claim = \"email\"")
                  .username_claim,
              "email");
}

TEST_F(LoginSettingsTest, GithubIsKnown) {
    auto const github = load("kind = \"github\"\nclient_id = \"i\"");
    EXPECT_EQ(github.title, "GitHub");
    EXPECT_EQ(github.authorize_url, "https://github.com/login/oauth/authorize");
    EXPECT_EQ(github.user_url, "https://api.github.com/user");
    EXPECT_THAT(github.scopes, ElementsAre("read:user", "user:email"));
    auto const own = load(
        "kind = \"github\"\nclient_id = \"i\"\nissuer = \"https://git.example/\"\n"
        "allowed_groups = [\"physics\"]");
    EXPECT_EQ(own.token_url, "https://git.example/login/oauth/access_token");
    EXPECT_EQ(own.user_url, "https://git.example/api/v3/user");
    EXPECT_THAT(own.scopes, ElementsAre("read:user", "user:email", "read:org"));
}

TEST_F(LoginSettingsTest, WhatCannotWorkIsSaid) {
    EXPECT_THAT(problem("client_id = \"i\""), HasSubstr("logins.campus.kind is missing"));
    EXPECT_THAT(problem("kind = \"oidc\"\nissuer = \"https://x\""),
                HasSubstr("client_id is missing"));
    auto const oidc = std::string("kind = \"oidc\"\nclient_id = \"i\"\n");
    EXPECT_THAT(problem(oidc), HasSubstr("issuer is the provider's https:// address"));
    EXPECT_THAT(problem(oidc + "issuer = \"http://campus.example\""), HasSubstr("issuer is"));
    EXPECT_EQ(problem(oidc + "issuer = \"http://127.0.0.1:9\""), "");
    EXPECT_THAT(problem(oidc + "issuer = \"https://x\"\ntoken_url = \"https://x/t\""),
                HasSubstr("token_url is of no use"));
    EXPECT_THAT(problem(oidc + "issuer = \"https://x\"\nca_file = \"nowhere.pem\""),
                HasSubstr("ca_file cannot be read"));
    EXPECT_THAT(problem(oidc + "issuer = \"https://x\"\nclient_secret_file = \"nowhere\""),
                HasSubstr("client_secret_file cannot be read"));
    EXPECT_THAT(problem("kind = \"oauth2\"\nclient_id = \"i\""), HasSubstr("authorize_url is"));
    EXPECT_THAT(problem("kind = \"github\"\nclient_id = \"i\"\nlog_out_at_provider = true"),
                HasSubstr("OAuth 2 knows no log-out"));
    EXPECT_THAT(problem("kind = \"saml\""), HasSubstr("is one of: "));
    EXPECT_THAT(problem("client_ids = \"i\""), HasSubstr("did you mean 'client_id'?"));
    EXPECT_THAT(try_load("[logins.\"Mein Campus\"]\n").error().message,
                HasSubstr("the name of a log-in has only the letters a to z"));
}

TEST_F(LoginSettingsTest, ToAskAgainAPresetAsksForWhatItNeeds) {
    auto const scopes = [&](std::string const& more) {
        auto const settings = try_load("[logins.one]\nclient_id = \"i\"\n" + more);
        EXPECT_TRUE(settings) << settings.error().message;
        return settings->logins.at("one").scopes;
    };
    std::string const auth0 = "preset = \"auth0\"\nissuer = \"https://x\"\n";
    EXPECT_THAT(scopes(auth0), Not(testing::Contains("offline_access")));
    EXPECT_THAT(scopes(auth0 + "refresh_seconds = 300\n"), testing::Contains("offline_access"));
    EXPECT_THAT(scopes(auth0 + "refresh_seconds = 300\nscopes = [\"openid\"]\n"),
                Not(testing::Contains("offline_access")));
    EXPECT_THAT(scopes("preset = \"keycloak\"\nissuer = \"https://x\"\nrefresh_seconds = 300\n"),
                Not(testing::Contains("offline_access")));
    EXPECT_THAT(problem("kind = \"pam\"\nrefresh_seconds = 300"),
                HasSubstr("refresh_seconds is of no use"));
}

TEST_F(LoginSettingsTest, TheSecretIsReadAndNeverShown) {
    std::ofstream(folder_.path() / "secret") << "  from the file \n";
    auto const settings = try_load(
        "[logins.one]\nkind = \"oidc\"\nissuer = \"https://x\"\nclient_id = \"i\"\n"
        "client_secret_file = \"secret\"\n"
        "[logins.two]\nkind = \"oidc\"\nissuer = \"https://x\"\nclient_id = \"i\"\n"
        "client_secret = \"in the open\"\n");
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(settings->logins.at("one").client_secret, "from the file");
    auto const shown = print_settings(*settings);
    EXPECT_THAT(shown, Not(HasSubstr("from the file")));
    EXPECT_THAT(shown, Not(HasSubstr("in the open")));
    EXPECT_THAT(shown, HasSubstr("client_secret = \"***\""));
    // It could be loaded again.
    EXPECT_TRUE(try_load(shown)) << shown;
}

TEST_F(LoginSettingsTest, VariablesAndFlagsReachIt) {
    sources_.environment = {{"CARREL_LOGINS_MY_CAMPUS_KIND", "oidc"},
                            {"CARREL_LOGINS_MY_CAMPUS_ISSUER", "https://x"},
                            {"CARREL_LOGINS_MY_CAMPUS_CLIENT_ID", "i"},
                            {"CARREL_LOGINS_MY_CAMPUS_CLIENT_SECRET", "s"},
                            {"CARREL_LOGINS_MY_CAMPUS_LEADER_GROUPS", "a b"}};
    sources_.overrides = {"logins.my-campus.title=Campus"};
    auto const settings = try_load("");
    ASSERT_TRUE(settings) << settings.error().message;
    auto const& login = settings->logins.at("my-campus");
    EXPECT_EQ(login.client_secret, "s");
    EXPECT_EQ(login.title, "Campus");
    EXPECT_THAT(login.leader_groups, ElementsAre("a", "b"));
    sources_.environment = {{"CARREL_LOGINS_X_NONSENSE", "1"}};
    EXPECT_THAT(try_load("").error().message, HasSubstr("names no setting of a log-in"));
}

TEST_F(LoginSettingsTest, UnixAccountsNeedNothingButTheirKind) {
    auto const login = load("kind = \"pam\"");
    EXPECT_EQ(login.service, "carrel");
    EXPECT_EQ(login.minimum_uid, 1000);
    EXPECT_EQ(login.title, "Unix account");
    EXPECT_EQ(load("kind = \"pam\"\nservice = \"lab-2\"\nminimum_uid = 500").service, "lab-2");
    EXPECT_THAT(problem("kind = \"pam\"\nservice = \"../passwd\""), HasSubstr("/etc/pam.d"));
    EXPECT_THAT(problem("kind = \"pam\"\nminimum_uid = 0"), HasSubstr("minimum_uid"));
    EXPECT_THAT(problem("kind = \"pam\"\nclient_id = \"i\""), HasSubstr("is of no use"));
    EXPECT_THAT(problem("kind = \"pam\"\ngroups_claim = \"g\""), HasSubstr("is of no use"));
    EXPECT_THAT(problem("kind = \"pam\"\nscopes = [\"g\"]"), HasSubstr("is of no use"));
}

TEST_F(LoginSettingsTest, PasswordsForLdapDoNotCrossANetworkInTheClear) {
    std::string const base = "kind = \"ldap\"\nsearch_base = \"dc=x\"\nservers = ";
    auto const login = load(base + "[\"ldaps://ldap.example.org\"]");
    EXPECT_EQ(login.subject_claim, "entryUUID");
    EXPECT_EQ(login.search_filter, "(uid={username})");
    EXPECT_THAT(problem(base + "[\"ldap://ldap.example.org\"]"), HasSubstr("without TLS"));
    EXPECT_THAT(problem(base + "[\"ldap://127.0.0.1.example.org\"]"), HasSubstr("without TLS"));
    EXPECT_THAT(problem(base + "[\"ldap://localhost.example.org:389\"]"), HasSubstr("without TLS"));
    EXPECT_EQ(problem(base + "[\"ldap://ldap.example.org\"]\nstart_tls = true"), "");
    EXPECT_EQ(problem(base + "[\"ldap://ldap.example.org\"]\ninsecure = true"), "");
    EXPECT_EQ(problem(base + "[\"ldap://127.0.0.1:3890\", \"ldap://[::1]\", \"ldap://localhost\"]"),
              "");
    EXPECT_THAT(problem(base + "[\"ldaps://a\"]\nstart_tls = true"), HasSubstr("of no use"));
    EXPECT_THAT(problem(base + "[\"https://a\"]"), HasSubstr("addresses like"));
    EXPECT_THAT(problem(base + "[\"ldaps:///dc=x\"]"), HasSubstr("addresses like"));
}

TEST_F(LoginSettingsTest, LdapKnowsPeopleByNameOrBySearch) {
    std::string const base = "kind = \"ldap\"\nservers = [\"ldaps://a\"]\n";
    EXPECT_THAT(problem("kind = \"ldap\""), HasSubstr("servers is missing"));
    EXPECT_THAT(problem(base), HasSubstr("search_base is missing"));
    EXPECT_EQ(problem(base + "user_dn = \"uid={username},dc=x\""), "");
    EXPECT_THAT(problem(base + "user_dn = \"uid=ada,dc=x\""), HasSubstr("{username}"));
    EXPECT_THAT(problem(base + "user_dn = \"uid={username}\"\nsearch_base = \"dc=x\""),
                HasSubstr("of no use"));
    EXPECT_THAT(problem(base + "search_base = \"dc=x\"\nsearch_filter = \"(uid=ada)\""),
                HasSubstr("{username}"));
    EXPECT_THAT(problem(base + "search_base = \"dc=x\"\nbind_dn = \"cn=x\""),
                HasSubstr("belong together"));
    std::ofstream(folder_.path() / "secret") << "the secret\n";
    auto const login = load(base +
                            "search_base = \"dc=x\"\nbind_dn = \"cn=x\"\n"
                            "bind_password_file = \"secret\"");
    EXPECT_EQ(login.bind_password, "the secret");
    auto const loaded = try_load("[logins.campus]\n" + base +
                                 "search_base = \"dc=x\"\n"
                                 "bind_dn = \"cn=x\"\nbind_password_file = \"secret\"");
    EXPECT_THAT(print_settings(*loaded), Not(HasSubstr("the secret")));
}

TEST_F(LoginSettingsTest, MailIsSentSecurelyAndItsLinksLeadSomewhereKnown) {
    std::string const start = "[server]\npublic_url = \"https://x.example\"\n[mail]\n";
    auto const mail = [&](std::string const& content) {
        auto const loaded = try_load(content);
        return loaded ? "" : loaded.error().message;
    };
    auto const usual = try_load(start + "server = \"smtp.example.org\"\nfrom = \"c@example.org\"");
    ASSERT_TRUE(usual) << usual.error().message;
    EXPECT_EQ(usual->mail.security, "starttls");
    EXPECT_EQ(usual->mail.port, 587);
    EXPECT_THAT(mail("[mail]\nserver = \"a\"\nfrom = \"c@example.org\""), HasSubstr("public_url"));
    EXPECT_THAT(mail(start + "server = \"a\""), HasSubstr("mail.from"));
    EXPECT_THAT(mail(start + "server = \"a\"\nfrom = \"x <c@example.org>\""),
                HasSubstr("mail.from"));
    EXPECT_THAT(mail(start + "server = \"a:25\"\nfrom = \"c@example.org\"\nsecurity = \"none\""),
                HasSubstr("mail.security"));
    EXPECT_THAT(mail(start + "server = \"a\"\nfrom = \"c@d\"\nsecurity = \"none\""),
                HasSubstr("this machine alone"));
    EXPECT_EQ(mail(start + "server = \"127.0.0.1\"\nfrom = \"c@d\"\nsecurity = \"none\""), "");
    EXPECT_THAT(mail(start + "server = \"a\"\nfrom = \"c@d\"\nusername = \"c\""),
                HasSubstr("belong together"));
}

}  // namespace
}  // namespace carrel
