#include "config/compose_variables.hpp"

#include "config/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel {
namespace {

using Variables = std::map<std::string, std::string>;

Settings loaded(Variables const& variables) {
    auto settings = load_settings({.environment = translate_compose_variables(variables)});
    EXPECT_TRUE(settings) << settings.error().message;
    return settings.value_or(Settings());
}

TEST(ComposeVariables, LeavesOutWhatIsEmptyAndWhatIsNotForUs) {
    EXPECT_EQ(translate_compose_variables({{"CARREL_SERVER_PORT", "443"},
                                           {"CARREL_SERVER_DOMAIN", ""},
                                           {"GITHUB_CLIENT_ID", ""},
                                           {"OAUTH_CLIENT_SECRET", "of nobody"},
                                           {"HOME", "/root"}}),
              (Variables{{"CARREL_SERVER_PORT", "443"}, {"CARREL_SERVER_TLS", "self-signed"}}));
}

TEST(ComposeVariables, MakesALogInWithGitHub) {
    auto const settings =
        loaded({{"GITHUB_CLIENT_ID", "the-id"}, {"GITHUB_CLIENT_SECRET", "the-secret"}});
    ASSERT_EQ(settings.logins.size(), 1U);
    auto const& login = settings.logins.at("github");
    EXPECT_EQ(login.kind, "github");
    EXPECT_EQ(login.client_id, "the-id");
    EXPECT_EQ(login.client_secret, "the-secret");
}

TEST(ComposeVariables, MakesALogInWithAuth0OrAnyProvider) {
    Variables variables{{"AUTH0_SUBDOMAIN", "school.eu"}, {"OAUTH_CLIENT_ID", "the-id"}};
    EXPECT_EQ(loaded(variables).logins.at("auth0").issuer, "https://school.eu.auth0.com");
    variables = {{"OIDC_ISSUER", "https://login.example.org"}, {"OAUTH_CLIENT_ID", "the-id"}};
    EXPECT_EQ(loaded(variables).logins.at("oidc").issuer, "https://login.example.org");
}

TEST(ComposeVariables, RunsAnImageForJupyterHubAsSuch) {
    Variables const variables{{"DOCKER_NOTEBOOK_IMAGE", "jupyter/scipy-notebook:18e5563b7486"},
                              {"DOCKER_SPAWN_CMD", "start-singleuser.sh"}};
    EXPECT_EQ(loaded(variables).environments.at("notebook").kind, "jupyterhub");
    EXPECT_EQ(loaded({{"DOCKER_NOTEBOOK_IMAGE", "lab"}}).environments.at("notebook").kind, "edge");
}

TEST(ComposeVariables, KnowsTheNameAndTheCertificate) {
    auto const settings =
        loaded({{"OAUTH_CALLBACK_URL", "https://hub.example.org:443/hub/oauth_callback"},
                {"SSL_CERT", "/secrets/hub.crt"},
                {"SSL_KEY", "/secrets/hub.key"}});
    EXPECT_EQ(settings.server.domain, "hub.example.org");
    EXPECT_EQ(settings.server.tls, "files");
    EXPECT_EQ(settings.server.tls_cert, "/secrets/hub.crt");
    EXPECT_EQ(loaded({{"OAUTH_CALLBACK_URL", "https://hub.example.org/"},
                      {"CARREL_SERVER_DOMAIN", "other.example.org"}})
                  .server.domain,
              "other.example.org")
        << "our own name for it wins";
}

TEST(ComposeVariables, MakesAnEnvironmentOfTheNotebookImage) {
    auto const settings =
        loaded({{"DOCKER_NOTEBOOK_IMAGE", "quay.io/jupyter/scipy-notebook:2025-01-20"}});
    auto const& environment = settings.environments.at("notebook");
    EXPECT_EQ(environment.image, "quay.io/jupyter/scipy-notebook:2025-01-20");
    EXPECT_THAT(environment.command, testing::Contains("--ServerApp.sock={socket}"));
    EXPECT_EQ(loaded({{"DOCKER_NOTEBOOK_IMAGE", "lab"}, {"DOCKER_SPAWN_CMD", "start {socket}"}})
                  .environments.at("notebook")
                  .command,
              (std::vector<std::string>{"start", "{socket}"}));
}

}  // namespace
}  // namespace carrel
