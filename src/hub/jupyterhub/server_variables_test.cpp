#include "hub/jupyterhub/server_variables.hpp"

#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/told_client.hpp"

#include <gtest/gtest.h>

namespace carrel::jupyterhub {

TEST(ServerVariables, AreThoseOfJupyterHubsSpawners) {
    std::map<std::string, std::string> const expected{
        {"CPU_LIMIT", "1.5"},
        {"JPY_API_TOKEN", "t0k3n"},
        {"JUPYTERHUB_ACTIVITY_INTERVAL", "300"},
        {"JUPYTERHUB_ACTIVITY_URL", "{hub_url}/c/bio/hub/api/users/ada@x.org/activity"},
        {"JUPYTERHUB_API_TOKEN", "t0k3n"},
        {"JUPYTERHUB_API_URL", "{hub_url}/c/bio/hub/api"},
        {"JUPYTERHUB_BASE_URL", "/c/bio/"},
        {"JUPYTERHUB_CLIENT_ID", "jupyterhub-user-ada%40x.org-my%20gpu"},
        {"JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED", "0"},
        {"JUPYTERHUB_DEFAULT_URL", "/lab"},
        {"JUPYTERHUB_HOST", ""},
        {"JUPYTERHUB_OAUTH_ACCESS_SCOPES",
         R"(["access:servers!server=ada@x.org/my gpu","access:servers!user=ada@x.org"])"},
        {"JUPYTERHUB_OAUTH_CALLBACK_URL", "/c/bio/user/ada@x.org/my%20gpu/oauth_callback"},
        {"JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES", "[]"},
        {"JUPYTERHUB_OAUTH_SCOPES",
         R"(["access:servers!server=ada@x.org/my gpu","access:servers!user=ada@x.org"])"},
        {"JUPYTERHUB_PUBLIC_HUB_URL", ""},
        {"JUPYTERHUB_PUBLIC_URL", ""},
        {"JUPYTERHUB_SERVER_NAME", "my gpu"},
        {"JUPYTERHUB_SERVICE_PREFIX", "/c/bio/user/ada@x.org/my%20gpu/"},
        {"JUPYTERHUB_SERVICE_URL", "{server_url}/c/bio/user/ada@x.org/my%20gpu/"},
        {"JUPYTERHUB_USER", "ada@x.org"},
        {"MEM_LIMIT", "1073741824"},
    };
    EXPECT_EQ(server_variables({.slug = "bio",
                                .user = "ada@x.org",
                                .server = "my gpu",
                                .token = "t0k3n",
                                .default_url = "/lab",
                                .resources = {.cpu = 1.5, .memory_gib = 1, .storage_gib = 1}}),
              expected);
}

TEST(ServerVariables, OnAnOriginOfItsOwnAreWholeAddresses) {
    auto const told = server_variables({.slug = "bio",
                                        .user = "ada",
                                        .server = "",
                                        .token = "t0k3n",
                                        .default_url = "/lab",
                                        .portal = "https://hub.test",
                                        .origin = "https://ada.hub.test",
                                        .resources = {}});
    EXPECT_EQ(told.at("JUPYTERHUB_HOST"), "https://hub.test");
    EXPECT_EQ(told.at("JUPYTERHUB_OAUTH_CALLBACK_URL"),
              "https://ada.hub.test/c/bio/user/ada/oauth_callback");
    EXPECT_EQ(told.at("JUPYTERHUB_PUBLIC_URL"), "https://ada.hub.test/c/bio/user/ada/");
    EXPECT_EQ(told.at("JUPYTERHUB_PUBLIC_HUB_URL"), "https://hub.test/c/bio/hub/");
    EXPECT_EQ(told.at("JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED"), "1");
    // Its cookie is named by that, and is on "/".
    EXPECT_EQ(told.at("JUPYTERHUB_CLIENT_ID"), "jupyterhub-user-ada*bio");
    // As on one origin: paths, since the proxy and the hub know nothing else.
    EXPECT_EQ(told.at("JUPYTERHUB_SERVICE_PREFIX"), "/c/bio/user/ada/");
    EXPECT_EQ(told.at("JUPYTERHUB_BASE_URL"), "/c/bio/");
}

TEST(ServerVariables, OfTheHubAtTheRootAreThoseOfAJupyterHub) {
    auto const told = server_variables({.slug = "bio",
                                        .user = "ada",
                                        .server = "",
                                        .token = "t0k3n",
                                        .default_url = "/lab",
                                        .paths = HubPaths("bio"),
                                        .resources = {}});
    EXPECT_EQ(told.at("JUPYTERHUB_BASE_URL"), "/");
    EXPECT_EQ(told.at("JUPYTERHUB_SERVICE_PREFIX"), "/user/ada/");
    EXPECT_EQ(told.at("JUPYTERHUB_SERVICE_URL"), "{server_url}/user/ada/");
    EXPECT_EQ(told.at("JUPYTERHUB_API_URL"), "{hub_url}/hub/api");
    EXPECT_EQ(told.at("JUPYTERHUB_ACTIVITY_URL"), "{hub_url}/hub/api/users/ada/activity");
    EXPECT_EQ(told.at("JUPYTERHUB_OAUTH_CALLBACK_URL"), "/user/ada/oauth_callback");
}

TEST(ServerVariables, BindCookiesToTheirHostWhereBrowsersTakeThem) {
    for (auto const& [origin, bound] :
         {std::pair("", "0"), {"http://ada.localhost:8000", "0"}, {"https://ada.hub.test", "1"}})
        EXPECT_EQ(server_variables({.user = "ada", .origin = origin})
                      .at("JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED"),
                  bound)
            << origin;
}

TEST(ToldClients, AreOfTheirCourseAlone) {
    EXPECT_EQ(client_meant(told_client("jupyterhub-user-ada-gpu", "bio"), "bio"),
              "jupyterhub-user-ada-gpu");
    EXPECT_EQ(client_meant("jupyterhub-user-ada", "bio"), "jupyterhub-user-ada")
        << "of a server that was started before, or on one origin";
    for (auto const* const other : {"jupyterhub-user-ada*art", "jupyterhub-user-ada*",
                                    "jupyterhub-user-ada*bio*", "jupyterhub-user-ada*bio2"})
        EXPECT_EQ(client_meant(other, "bio"), other);
    EXPECT_EQ(client_id("a*bio", ""), "jupyterhub-user-a%2Abio");
}

TEST(JupyterHubNames, AreAsJupyterHubWritesThem) {
    EXPECT_EQ(client_id("ada", ""), "jupyterhub-user-ada");
    EXPECT_EQ(parse_token_id(token_id(17)), 17);
    for (auto const* text : {"", "a", "17", "a-1", "a1x", "b1"})
        EXPECT_EQ(parse_token_id(text), std::nullopt) << text;
    EXPECT_NE(session_id_of(SessionId("1")), session_id_of(SessionId("2")));
    EXPECT_EQ(session_id_of(SessionId("1")).size(), 32U);
}

}  // namespace carrel::jupyterhub
