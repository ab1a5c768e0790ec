#include "hub/jupyterhub/rest_fixture.hpp"

#include <gmock/gmock.h>

namespace carrel::jupyterhub {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

/// "cull", managed, with the role "culler"; and "wiki", which somebody else runs.
class ServiceTest : public RestTest {
protected:
    ServiceTest() {
        rbac::RoleGrant culler{.role = {.name = "culler",
                                        .description = "",
                                        .scopes = {"list:users", "read:users:activity",
                                                   "read:servers", "delete:servers"}}};
        culler.services = {"cull"};
        roles_ = rbac::RoleBook::create({culler}).value();
        Service cull{.name = "cull"};
        cull.command = {"cull", "--secret=1"};
        Service wiki{.name = "wiki", .url = "http://127.0.0.1:9000"};
        wiki.token_hash = hash_secret(wiki_token);
        services_ = ServiceBook({wiki, cull});
    }

    json ask(std::string const& who, std::string const& path) {
        auto const answer = call(who, "GET", path);
        EXPECT_EQ(answer.status, 200U) << answer.body;
        return json::parse(answer.body);
    }
    unsigned status(std::string const& who, std::string const& method, std::string const& path,
                    std::string const& body = {}) {
        return call(who, method, path, body).status;
    }
    /// The token that a managed one was last started with.
    std::string token_of_program() {
        return host_.started.back().variables.at("JUPYTERHUB_API_TOKEN");
    }
    void pass() { EXPECT_TRUE(await(running_.pass())); }
    void wait(Milliseconds time) { clock_.advance(time); }

    std::string const wiki_token = "0123456789abcdef0123456789abcdef";
};

TEST_F(ServiceTest, TheyAreShownToWhoMaySeeThem) {
    pass();
    auto const all = ask("gov", "/services");
    EXPECT_EQ(all.size(), 2U);
    EXPECT_EQ(all["wiki"], (json{{"kind", "service"},
                                 {"name", "wiki"},
                                 {"admin", false},
                                 {"roles", json::array()},
                                 {"url", "http://127.0.0.1:9000"},
                                 {"prefix", "/c/bio/services/wiki/"},
                                 {"command", json::array()},
                                 {"pid", 0},
                                 {"info", json::object()},
                                 {"display", true}}));
    EXPECT_EQ(ask("gov", "/services/cull")["roles"], json{"culler"});
    EXPECT_EQ(ask("gov", "/services/cull")["pid"], 1);
    EXPECT_EQ(ask("gov", "/services/cull")["command"], (json{"cull", "--secret=1"}));
    EXPECT_EQ(ask("lea", "/services/cull")["command"], json::array());
    EXPECT_EQ(status("ada", "GET", "/services"), 403U);
    EXPECT_EQ(status("gov", "GET", "/services/none"), 404U);
    auto const token = scoped("gov", {"list:services!service=wiki", "read:services!service=wiki"});
    EXPECT_EQ(ask(token, "/services").size(), 1U);
    EXPECT_EQ(status(token, "GET", "/services/cull"), 404U);
}

TEST_F(ServiceTest, OneOfTheConfigurationIsKnownByItsToken) {
    auto const me = ask(wiki_token, "/user");
    EXPECT_EQ(me["kind"], "service");
    EXPECT_EQ(me["name"], "wiki");
    EXPECT_EQ(me["admin"], false);
    EXPECT_EQ(me["scopes"], json::array());
    EXPECT_EQ(status(wiki_token, "GET", "/users"), 403U);
    services_ = ServiceBook();
    EXPECT_EQ(status(wiki_token, "GET", "/user"), 403U);
}

TEST_F(ServiceTest, AManagedOneIsToldWhatItNeedsAndMayWhatItsRoleSays) {
    pass();
    ASSERT_EQ(host_.started.size(), 1U);
    auto const& variables = host_.started[0].variables;
    EXPECT_EQ(variables.at("JUPYTERHUB_SERVICE_NAME"), "cull");
    EXPECT_EQ(variables.at("JUPYTERHUB_SERVICE_PREFIX"), "/c/bio/services/cull/");
    EXPECT_EQ(variables.at("JUPYTERHUB_API_URL"), "http://127.0.0.1:{hub_port}/c/bio/hub/api");
    EXPECT_EQ(variables.at("JUPYTERHUB_CLIENT_ID"), "service-cull");
    EXPECT_EQ(variables.at("JUPYTERHUB_OAUTH_ACCESS_SCOPES"),
              R"(["access:services!service=cull"])");
    EXPECT_FALSE(variables.contains("JUPYTERHUB_SERVICE_URL"));
    auto const token = token_of_program();
    EXPECT_THAT(names(token, "?sort=name"), ElementsAre("ada", "bob", "lea"));
    EXPECT_EQ(status(token, "DELETE", "/users/ada"), 403U);
    EXPECT_THAT(ask(token, "/user")["scopes"], Contains("delete:servers"));
    EXPECT_EQ(status(token, "POST", "/users/ada/tokens"), 403U);
}

TEST_F(ServiceTest, AManagedOneIsStartedAgainLaterEachTimeWithANewToken) {
    pass();
    auto const first = token_of_program();
    host_.ended[1] = 1;
    pass();
    EXPECT_EQ(host_.started.size(), 1U);
    wait(Milliseconds(1'100));
    pass();
    ASSERT_EQ(host_.started.size(), 2U);
    EXPECT_EQ(status(first, "GET", "/user"), 403U);
    EXPECT_EQ(status(token_of_program(), "GET", "/user"), 200U);
    host_.ended[2] = 1;
    pass();
    wait(Milliseconds(1'100));
    pass();
    EXPECT_EQ(host_.started.size(), 2U);
    wait(Milliseconds(1'000));
    pass();
    EXPECT_EQ(host_.started.size(), 3U);
}

TEST_F(ServiceTest, ItsVisitorsStayLoggedInWhenItIsStartedAgain) {
    pass();
    auto const own = token_of_program();
    ASSERT_TRUE(store_->write([&](Transaction& t) {
        return t.hub_tokens().insert({.secret_hash = "visit",
                                      .course = course_.id,
                                      .user = ada_.id,
                                      .kind = HubTokenKind::OAuth,
                                      .client = "service-cull",
                                      .scopes = "read:users:name!user",
                                      .created_at = clock_.now()});
    }));
    host_.ended[1] = 1;
    pass();
    wait(Milliseconds(1'100));
    pass();
    ASSERT_EQ(host_.started.size(), 2U);
    EXPECT_EQ(status(own, "GET", "/user"), 403U) << "its own is a new one";
    EXPECT_TRUE(
        store_->read([](Transaction& t) { return t.hub_tokens().find_by_secret_hash("visit"); }));
}

TEST_F(ServiceTest, OneThatCannotBeStartedIsTriedAgain) {
    host_.refuses = true;
    pass();
    host_.refuses = false;
    pass();
    EXPECT_THAT(host_.started, IsEmpty());
    wait(Milliseconds(1'100));
    pass();
    EXPECT_EQ(host_.started.size(), 1U);
}

TEST_F(ServiceTest, TheyEndWithTheCourseByForceWhenTheyDoNotObey) {
    host_.obeys = false;
    pass();
    EXPECT_TRUE(proxy_.known.contains("/c/bio/services/wiki"));
    set_state(CourseState::Degrading);
    pass();
    EXPECT_THAT(host_.asked, ElementsAre(1));
    EXPECT_FALSE(proxy_.known.contains("/c/bio/services/wiki"));
    wait(Milliseconds(6'000));
    pass();
    EXPECT_THAT(host_.killed, ElementsAre(1));
    pass();
    EXPECT_EQ(running_.process_of("bio", "cull"), std::nullopt);
    pass();
    EXPECT_EQ(host_.started.size(), 1U);
}

TEST_F(ServiceTest, TheyEndWithTheHub) {
    pass();
    EXPECT_TRUE(await(running_.close()));
    EXPECT_THAT(host_.asked, ElementsAre(1));
    EXPECT_EQ(running_.process_of("bio", "cull"), std::nullopt);
}

TEST_F(ServiceTest, OneIsMadeKnownUsedAndDeleted) {
    auto const made = call("gov", "POST", "/services/notes",
                           R"({"url":"http://127.0.0.1:9100/","info":{"a":1}})");
    ASSERT_EQ(made.status, 201U) << made.body;
    auto const token = json::parse(made.body)["api_token"].get<std::string>();
    EXPECT_EQ(ask("gov", "/services/notes")["info"], (json{{"a", 1}}));
    EXPECT_FALSE(ask("gov", "/services/notes").contains("api_token"));
    EXPECT_EQ(ask(token, "/user")["name"], "notes");
    pass();
    EXPECT_EQ(proxy_.known.at("/c/bio/services/notes").target, "http://127.0.0.1:9100");
    EXPECT_EQ(status("gov", "POST", "/services/notes"), 409U);
    EXPECT_EQ(status("gov", "DELETE", "/services/notes"), 200U);
    EXPECT_EQ(status(token, "GET", "/user"), 403U);
    EXPECT_EQ(status("gov", "DELETE", "/services/notes"), 404U);
    pass();
    EXPECT_FALSE(proxy_.known.contains("/c/bio/services/notes"));
    EXPECT_THAT(happened(), ElementsAre("service_created", "service_deleted"));
}

TEST_F(ServiceTest, WhatIsWrongIsRefused) {
    EXPECT_EQ(status("gov", "POST", "/services/wiki"), 409U);
    EXPECT_EQ(status("gov", "DELETE", "/services/wiki"), 405U);
    EXPECT_EQ(status("lea", "POST", "/services/notes"), 403U);
    EXPECT_EQ(status("gov", "POST", "/services/Notes"), 400U);
    for (auto const* body : {"[]", "{", R"({"url":1})", R"({"url":"http+unix://%2Frun%2Fx"})",
                             R"({"command":["sh"]})", R"({"api_token":"short"})", R"({"info":[]})",
                             R"({"admin":"yes"})", R"({"name":"other"})"})
        EXPECT_EQ(status("gov", "POST", "/services/notes", body), 400U) << body;
    // A service with all rights is made by those who have them.
    auto const token = scoped("gov", {"admin:services"});
    EXPECT_EQ(status(token, "POST", "/services/notes", R"({"admin":true})"), 403U);
    EXPECT_EQ(status(token, "POST", "/services/notes"), 201U);
    EXPECT_EQ(status("gov", "POST", "/services/boss", R"({"admin":true})"), 201U);
}

TEST_F(ServiceTest, ATokenIsNobodyElses) {
    auto const body = json{{"api_token", std::string(32, 't')}}.dump();
    EXPECT_EQ(status("gov", "POST", "/services/notes", body), 201U);
    EXPECT_EQ(status("gov", "POST", "/services/other", body), 400U);
    auto const carrels = json{{"api_token", std::string(token_prefix) + std::string(32, 't')}};
    EXPECT_EQ(status("gov", "POST", "/services/other", carrels.dump()), 400U);
}

TEST_F(ServiceTest, OneOfAnotherCourseIsNotThere) {
    Service wiki{.name = "wiki", .url = "http://127.0.0.1:9000"};
    wiki.token_hash = hash_secret(wiki_token);
    wiki.courses = {"art"};
    services_ = ServiceBook({wiki});
    EXPECT_EQ(status("gov", "GET", "/services/wiki"), 404U);
    EXPECT_EQ(status(wiki_token, "GET", "/user"), 403U);
    // So the name is free, until the configuration has it.
    EXPECT_EQ(status("gov", "POST", "/services/wiki"), 201U);
    wiki.courses.clear();
    services_ = ServiceBook({wiki});
    EXPECT_EQ(ask("gov", "/services")["wiki"]["url"], "http://127.0.0.1:9000");
}

TEST_F(ServiceTest, RoutesOfTheHubAreShownAndSentAgain) {
    auto const server = await(servers_.start(server_of(ada_), "ada")).value();
    run_until([&] { return server->progress.latest().over(); });
    pass();
    auto const routes = ask("gov", "/proxy");
    EXPECT_EQ(routes.size(), 2U);
    auto const& own = routes["/c/bio/user/ada/"];
    EXPECT_EQ(own["routespec"], "/c/bio/user/ada/");
    EXPECT_EQ(own["data"]["user"], "ada");
    EXPECT_EQ(own["data"]["server_name"], "");
    EXPECT_TRUE(own["data"].contains("last_activity"));
    EXPECT_THAT(own.dump(), Not(testing::HasSubstr("secret")));
    EXPECT_EQ(routes["/c/bio/services/wiki/"]["data"]["service"], "wiki");
    auto const page = json::parse(
        call("gov", "GET", "/proxy?limit=1", {}, "application/jupyterhub-pagination+json").body);
    EXPECT_EQ(page["_pagination"]["total"], 2);
    EXPECT_EQ(page["items"].size(), 1U);

    servers_.set_routes_uncertain(false);
    EXPECT_EQ(status("gov", "POST", "/proxy"), 200U);
    EXPECT_TRUE(servers_.routes_uncertain());
    EXPECT_EQ(status("gov", "PATCH", "/proxy", R"({"api_url":"http://elsewhere"})"), 400U);
    for (auto const* method : {"GET", "POST", "PATCH"})
        EXPECT_EQ(status("lea", method, "/proxy"), 403U) << method;
}

TEST_F(ServiceTest, ShutDownStopsTheServersOfTheCourse) {
    auto const server = await(servers_.start(server_of(ada_), "ada")).value();
    run_until([&] { return server->progress.latest().over(); });
    for (auto const* body : {R"({"servers":"all"})", R"({"proxy":true})", "[]", "{"})
        EXPECT_EQ(status("gov", "POST", "/shutdown", body), 400U) << body;
    EXPECT_EQ(status("lea", "POST", "/shutdown"), 403U);
    EXPECT_EQ(status("gov", "POST", "/shutdown", R"({"servers":false})"), 202U);
    EXPECT_EQ(server->record.state, ServerState::Running);
    EXPECT_EQ(status("gov", "POST", "/shutdown"), 202U);
    run_until([&] { return server->record.state == ServerState::Stopped; });
    EXPECT_THAT(happened(), Contains("hub_shut_down").Times(2));
}

TEST_F(ServiceTest, HealthIsForEverybodyAndMetricsAreNot) {
    EXPECT_EQ(call("not-a-token", "GET", "/health").status, 200U);
    EXPECT_THAT(call("gov", "GET", "/metrics").body,
                testing::HasSubstr("jupyterhub_total_users 3"));
    EXPECT_EQ(status("lea", "GET", "/metrics"), 403U);
}

}  // namespace carrel::jupyterhub
