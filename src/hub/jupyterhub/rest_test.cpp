#include "auth/logins.hpp"
#include "hub/jupyterhub/answers.hpp"
#include "hub/jupyterhub/rest_fixture.hpp"

#include <gmock/gmock.h>

namespace carrel::jupyterhub {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(RestTest, InfoIsForWhoRunsTheHub) {
    for (auto const* who : {"gov", "lea"}) {
        auto const answer = call(who, "GET", "/info");
        EXPECT_EQ(answer.status, 200U);
        auto const body = json::parse(answer.body);
        for (auto const* key : {"version", "python", "sys_executable", "spawner", "authenticator"})
            EXPECT_TRUE(body.contains(key)) << key;
    }
    auto const refused = call("ada", "GET", "/info");
    EXPECT_EQ(refused.status, 403U);
    EXPECT_EQ(json::parse(refused.body)["status"], 403);
    EXPECT_THAT(refused.body, HasSubstr("requires any of [read:hub]"));
    EXPECT_EQ(call("eve", "GET", "/info").status, 403U);
    EXPECT_EQ(call("not-a-token", "GET", "/info").status, 403U);
}

TEST_F(RestTest, AnswersHaveJupyterHubsFields) {
    auto const answer = call("gov", "GET", "/info");
    EXPECT_EQ(answer.headers.get("X-JupyterHub-Version"), "5.5.1");
    EXPECT_THAT(std::string(answer.headers.get("Content-Security-Policy")),
                HasSubstr("default-src 'none'"));
}

TEST_F(RestTest, UsersAreListedForWhoMayAndNobodyElse) {
    EXPECT_THAT(names("lea", "?sort=name"), ElementsAre("ada", "bob", "lea"));
    EXPECT_THAT(names("gov", "?sort=-name"), ElementsAre("lea", "bob", "ada"));
    EXPECT_THAT(names("gov", "?name_filter=b"), ElementsAre("bob"));
    EXPECT_THAT(names("gov", "?sort=name&offset=1&limit=1"), ElementsAre("bob"));
    EXPECT_THAT(names("gov", "?state=active"), ElementsAre());
    EXPECT_EQ(call("ada", "GET", "/users").status, 403U);
    for (auto const* query : {"?state=sleepy", "?sort=age", "?limit=x"})
        EXPECT_EQ(call("gov", "GET", "/users" + std::string(query)).status, 400U) << query;
}

TEST_F(RestTest, UsersAreInTheStateOfTheirServers) {
    auto const server = await(servers_.start(server_of(ada_), "ada")).value();
    run_until([&] { return server->progress.latest().over(); });
    EXPECT_THAT(names("lea", "?state=ready"), ElementsAre("ada"));
    EXPECT_THAT(names("lea", "?state=active"), ElementsAre("ada"));
    EXPECT_THAT(names("lea", "?state=inactive&sort=name"), ElementsAre("bob", "lea"));
    auto const users = json::parse(call("lea", "GET", "/users?state=ready").body);
    auto const& model = users.at(0)["servers"][""];
    EXPECT_EQ(model["ready"], true);
    EXPECT_EQ(model["pending"], nullptr);
    EXPECT_EQ(model["url"], "/c/bio/user/ada/");
    EXPECT_EQ(model["progress_url"], "/c/bio/hub/api/users/ada/server/progress");
    EXPECT_EQ(model["full_name"], "ada/");
    EXPECT_EQ(users.at(0)["server"], "/c/bio/user/ada/");
}

TEST_F(RestTest, UsersComeInPagesToWhoAsksForThem) {
    auto const body = json::parse(
        call("gov", "GET", "/users?limit=2&sort=name", {}, "application/jupyterhub-pagination+json")
            .body);
    EXPECT_EQ(body["items"].size(), 2U);
    EXPECT_EQ(body["_pagination"]["total"], 3);
    EXPECT_EQ(body["_pagination"]["next"]["offset"], 2);
}

/// From this size on only the page is read; it must not show in the answers.
class BigCourseTest : public RestTest {
protected:
    BigCourseTest() {
        EXPECT_TRUE(store_->write([&](Transaction& t) { return fill(t); }));
    }

    json page(std::string const& who, std::string const& query) {
        auto const answer =
            call(who, "GET", "/users" + query, {}, "application/jupyterhub-pagination+json");
        EXPECT_EQ(answer.status, 200U) << answer.body;
        return json::parse(answer.body);
    }
    /// The query of the page after this one; "" when it is the last.
    static std::string next(json const& page) {
        auto const& following = page["_pagination"]["next"];
        if (following.is_null()) return "";
        auto const url = following["url"].get<std::string>();
        return url.substr(url.find('?'));
    }
    /// Everybody, page by page.
    std::vector<std::string> walk(std::string query) {
        std::vector<std::string> found;
        while (!query.empty()) {
            auto const now = page("gov", query);
            for (auto const& user : now["items"]) found.push_back(user["name"]);
            query = next(now);
        }
        return found;
    }

private:
    Result<> fill(Transaction& t) {
        for (int i = 0; i < 1200; ++i) {
            User user = ada_;
            user.id = UserId(fmt::format("{:04}", (i * 7919) % 10007));
            user.name = fmt::format("many-{:04}", i);
            user.created_at = Time(Seconds(2'000'000'000 - i / 2));
            TRY_VOID(t.users().insert(user));
            TRY_VOID(t.applications().insert(
                {.course = course_.id,
                 .user = user.id,
                 .state = i % 10 == 0 ? ApplicationState::Rejected : ApplicationState::Accepted,
                 .applied_at = clock_.now()}));
        }
        TRY_VOID(t.hub_groups().insert({.course = course_.id, .name = "class"}));
        TRY(auto const one, t.users().find_by_name("many-0001"));
        return t.hub_groups().add_member(course_.id, "class", one.id);
    }
};

TEST_F(BigCourseTest, IsListedInPagesLikeASmallOne) {
    auto const first = page("gov", "?sort=name&limit=3&offset=3");
    EXPECT_EQ(first["_pagination"]["total"], 1080 + 3) << "lea leads and has no application";
    EXPECT_EQ(first["items"][0]["name"], "many-0001");
    EXPECT_EQ(first["items"][0]["groups"], json::array({"class"}));
    EXPECT_EQ(first["items"][1]["name"], "many-0002");
    EXPECT_EQ(page("gov", "?sort=-name&limit=1")["items"][0]["name"], "many-1199");
    EXPECT_EQ(page("gov", "?sort=-id&limit=1")["items"][0]["name"], "many-0001");
    EXPECT_EQ(page("gov", "?limit=1&offset=1082")["items"][0]["name"], "many-0001");
    EXPECT_EQ(page("gov", "?limit=1&offset=1083")["items"].size(), 0U);
    EXPECT_EQ(page("gov", "?name_filter=many-119&sort=name")["_pagination"]["total"], 9);
    EXPECT_EQ(page("gov", "?state=ready")["_pagination"]["total"], 0);
    // Whoever may see some only is told of no more.
    auto const weak = scoped("gov", {"list:users!user=ada"});
    EXPECT_EQ(page(weak, "")["_pagination"]["total"], 1);
}

TEST_F(BigCourseTest, ShowsServersThatRunAndThoseThatDidInTheirPlaces) {
    auto server = await(servers_.start(server_of(ada_), "ada")).value();
    ASSERT_TRUE(store_->write([&](Transaction& t) -> Result<> {
        TRY(auto const one, t.users().find_by_name("many-0001"));
        return t.servers().put({.course = course_.id, .user = one.id, .name = "old"});
    }));
    auto const first = page("gov", "?sort=name&limit=5");
    std::vector<std::string> shown;
    for (auto const& user : first["items"])
        shown.push_back(
            fmt::format("{} {}", user["name"].get<std::string>(), user["servers"].size()));
    EXPECT_THAT(shown,
                testing::ElementsAre("ada 1", "bob 0", "lea 0", "many-0001 0", "many-0002 0"));
    EXPECT_EQ(first["items"][0]["server"], "/c/bio/user/ada/");
    auto const stopped = page("gov", "?sort=name&limit=5&include_stopped_servers=1");
    EXPECT_EQ(stopped["items"][0], first["items"][0]);
    EXPECT_EQ(stopped["items"][1], first["items"][1]);
    EXPECT_EQ(stopped["items"][3]["servers"]["old"]["stopped"], true);
    EXPECT_EQ(page("gov", "?state=active")["_pagination"]["total"], 1);
}

TEST_F(BigCourseTest, ComesWholeWhereTheConfigurationLetsIt) {
    auto dependencies = this->dependencies();
    dependencies.api_page_max_limit = 5000;
    RestCalls calls(dependencies, callers_, servers_);
    http::Router router(pool_);
    calls.add_routes(router);
    http::Request request{.method = "GET",
                          .target = "/c/bio/hub/api/users?limit=10000",
                          .path = "/c/bio/hub/api/users",
                          .headers = {{"Authorization", "token " + token_of("gov")},
                                      {"Accept", "application/jupyterhub-pagination+json"}}};
    auto const ask = [](http::Router& asked, http::Request question) -> Task<http::Response> {
        co_return co_await asked.handle(question);
    };
    auto const body = json::parse(await(ask(router, std::move(request))).value().body);
    EXPECT_EQ(body["items"].size(), 1083U);
    EXPECT_EQ(body["_pagination"]["limit"], 5000);
    EXPECT_EQ(body["_pagination"]["next"], nullptr);
    EXPECT_EQ(body["items"][0], page("gov", "?limit=1")["items"][0]);
}

TEST_F(BigCourseTest, IsWalkedByTheAddressesOfItsPages) {
    for (auto const* const sort : {"id", "-id", "name", "-name"}) {
        auto const all = fmt::format("?limit=200&sort={}", sort);
        std::vector<std::string> by_offset;
        for (int offset = 0; offset < 1083; offset += 200)
            for (auto const& user : page("gov", fmt::format("{}&offset={}", all, offset))["items"])
                by_offset.push_back(user["name"]);
        ASSERT_EQ(by_offset.size(), 1083U);
        EXPECT_EQ(walk(all), by_offset) << sort;
        EXPECT_EQ(walk(fmt::format("?limit=57&sort={}", sort)), by_offset) << sort;
    }
}

TEST_F(BigCourseTest, NobodyIsLeftOutWhenOthersGoOrComeMeanwhile) {
    auto const first = page("gov", "?limit=200&sort=name");
    ASSERT_TRUE(store_->write([&](Transaction& t) -> Result<> {
        TRY(auto const gone, t.users().find_by_name("many-0003"));
        return t.applications().remove(course_.id, gone.id);
    }));
    for (auto const* const name : {"zoe", "zoltan", "zora"}) admit(add_user(name));
    auto const rest = walk(next(first));
    EXPECT_EQ(rest.size(), 1083U - 200 + 3);
    EXPECT_EQ(rest.back(), "zora");
    EXPECT_GT(rest.front(), first["items"].back()["name"].get<std::string>());
}

TEST_F(BigCourseTest, APlaceThatNoPageToldIsRefused) {
    for (auto const* const after : {"x", "MTIz", "MSB4IGFkYQ", "%00"})
        EXPECT_EQ(call("gov", "GET", fmt::format("/users?after={}", after)).status, 400U) << after;
}

TEST_F(RestTest, ATokenIsMadeListedUsedAndDeleted) {
    auto const made = make("ada", "ada", {{"note", "a script"}, {"expires_in", 60}});
    auto const secret = made["token"].get<std::string>();
    auto const id = made["id"].get<std::string>();
    EXPECT_EQ(made["user"], "ada");
    EXPECT_EQ(made["kind"], "api_token");
    EXPECT_EQ(made["note"], "a script");
    EXPECT_EQ(made["scopes"], json{"inherit"});
    EXPECT_EQ(made["expires_at"], "2026-11-21T00:01:00.000000Z");

    EXPECT_EQ(json::parse(call(secret, "GET", "/user").body)["name"], "ada");
    auto const listed = call(secret, "GET", "/users/ada/tokens");
    EXPECT_EQ(json::parse(listed.body)["api_tokens"].at(0)["id"], id);
    EXPECT_THAT(listed.body, testing::Not(HasSubstr(secret)));
    EXPECT_EQ(call("ada", "GET", "/users/ada/tokens/" + id).status, 200U);
    EXPECT_EQ(call("bob", "GET", "/users/ada/tokens/" + id).status, 404U);
    EXPECT_EQ(call("ada", "DELETE", "/users/ada/tokens/" + id).status, 204U);
    EXPECT_EQ(call("ada", "DELETE", "/users/ada/tokens/" + id).status, 404U);
    EXPECT_EQ(call(secret, "GET", "/user").status, 403U);
}

TEST_F(RestTest, ATokenExpires) {
    auto const secret = make("ada", "ada", {{"expires_in", 60}})["token"].get<std::string>();
    clock_.advance(Seconds(59));
    EXPECT_EQ(call(secret, "GET", "/user").status, 200U);
    clock_.advance(Seconds(1));
    EXPECT_EQ(call(secret, "GET", "/user").status, 403U);
    EXPECT_EQ(json::parse(call("ada", "GET", "/users/ada/tokens").body)["api_tokens"].size(), 0U);
}

TEST_F(RestTest, ATokenIsNeverMoreThanItsOwnerOrItsMaker) {
    for (auto const& scopes : {json{"admin:users"}, json{"list:users"}, json{"servers"},
                               json{"servers!user=bob"}, json{"nonsense"}})
        EXPECT_EQ(call("ada", "POST", "/users/ada/tokens", json{{"scopes", scopes}}.dump()).status,
                  400U)
            << scopes;
    auto const weak = make("ada", "ada", {{"scopes", {"tokens!user"}}})["token"].get<std::string>();
    EXPECT_EQ(call(weak, "POST", "/users/ada/tokens", "{}").status, 400U);
    EXPECT_EQ(call(weak, "POST", "/users/ada/tokens", R"({"scopes": ["servers!user"]})").status,
              400U);
    EXPECT_EQ(call(weak, "POST", "/users/ada/tokens", R"({"scopes": ["read:tokens!user"]})").status,
              201U);
    // Whoever may make tokens for others makes none that those could not make.
    EXPECT_EQ(call("gov", "POST", "/users/ada/tokens", R"({"scopes": ["admin:users"]})").status,
              400U);
}

TEST_F(RestTest, ATokenMadeWithATokenLivesNoLonger) {
    auto const first = make("ada", "ada", {{"expires_in", 3600}});
    for (auto const& wish : {json::object(), json{{"expires_in", 7200}}})
        EXPECT_EQ(make(first["token"], "ada", wish)["expires_at"], first["expires_at"]) << wish;
    EXPECT_NE(make(first["token"], "ada", {{"expires_in", 60}})["expires_at"], first["expires_at"]);
}

TEST_F(RestTest, TokensOfOthersAreForAdministratorsAlone) {
    for (auto const* who : {"bob", "lea"}) {
        EXPECT_EQ(call(who, "POST", "/users/ada/tokens", "{}").status, 404U) << who;
        EXPECT_EQ(call(who, "GET", "/users/ada/tokens").status, 404U) << who;
    }
    EXPECT_EQ(call("gov", "GET", "/users/nobody/tokens").status, 404U);
    EXPECT_EQ(call("gov", "GET", "/users/eve/tokens").status, 404U);
}

TEST_F(RestTest, WhatWasMadeWithATokenEndsWithIt) {
    auto const first = make("ada", "ada");
    auto const second = make(first["token"], "ada");
    auto const third = make(second["token"], "ada");
    EXPECT_EQ(call(third["token"], "GET", "/user").status, 200U);
    EXPECT_EQ(call("ada", "DELETE", "/users/ada/tokens/" + first["id"].get<std::string>()).status,
              204U);
    for (auto const& token : {first, second, third})
        EXPECT_EQ(call(token["token"], "GET", "/user").status, 403U);

    auto const fourth = make("ada", "ada");
    auto const fifth = make(fourth["token"], "ada");
    ASSERT_TRUE(store_->write([&](Transaction& t) -> Result<> {
        TRY(auto const carrels, t.tokens().find(TokenId("token-of-ada")));
        TRY_VOID(end_token(t, carrels, clock_.now()));
        return {};
    }));
    for (auto const& token : {fourth, fifth})
        EXPECT_EQ(call(token["token"], "GET", "/user").status, 403U);
}

TEST_F(RestTest, ARoleThatEndsIsGoneFromTokensThatAreThere) {
    auto const secret = make("lea", "lea")["token"].get<std::string>();
    EXPECT_EQ(call(secret, "GET", "/users").status, 200U);
    course_.leaders = {ada_.id};
    ASSERT_TRUE(store_->write([&](Transaction& t) { return t.courses().update(course_); }));
    EXPECT_EQ(call(secret, "GET", "/users").status, 403U);
}

TEST_F(RestTest, MalformedWishesAreRefused) {
    for (auto const* body :
         {R"({"note": 5})", R"({"expires_in": "soon"})", R"({"expires_in": -1})",
          R"({"expires_in": 1e300})", R"({"expires_in": 99999999999})", R"({"scopes": "inherit"})",
          R"({"scopes": [5]})", R"({"roles": ["emperor"]})",
          R"({"roles": ["token"], "scopes": ["inherit"]})", "[]", "not json"})
        EXPECT_EQ(call("ada", "POST", "/users/ada/tokens", body).status, 400U) << body;
    for (auto const* id : {"a0", "x", "a-1", "a99999999999999999999", "7"})
        EXPECT_EQ(call("ada", "GET", "/users/ada/tokens/" + std::string(id)).status, 404U) << id;
}

}  // namespace carrel::jupyterhub
