#include "hub/jupyterhub/oauth_fixture.hpp"
#include "hub/jupyterhub/xsrf.hpp"

#include <gmock/gmock.h>

namespace carrel::jupyterhub {

using testing::HasSubstr;
using testing::StartsWith;

TEST_F(OAuthTest, GivesTheOwnServerACodeAndForItAToken) {
    auto const visitor = log_in(ada_);
    auto const sent = authorize(visitor, question(ada_));
    EXPECT_EQ(sent.status, 302U);
    auto const address = std::string(sent.headers.get("Location"));
    EXPECT_THAT(address, StartsWith("/c/bio/user/ada/oauth_callback?code="));
    EXPECT_EQ(query_of(address).get("state"), "st ate/+&=%7E");
    EXPECT_THAT(std::string(sent.headers.get("Set-Cookie")),
                StartsWith("jupyterhub-session-id=" + session_id_of(visitor.session)));

    auto const given = redeem(ada_, query_of(address).get("code"));
    EXPECT_EQ(given.status, 200U);
    EXPECT_EQ(given.headers.get("Cache-Control"), "no-store");
    auto const body = json::parse(given.body);
    EXPECT_EQ(body["token_type"], "Bearer");
    EXPECT_EQ(body["expires_in"], 14 * 86400);
    EXPECT_EQ(body["scope"],
              "access:servers!server=ada/ read:users:name!user read:users:groups!user");

    auto const who = who_is(body["access_token"]);
    EXPECT_EQ(who.status, 200U);
    EXPECT_EQ(who.headers.get("X-JupyterHub-Version"), version);
    auto const model = json::parse(who.body);
    EXPECT_EQ(model["name"], "ada");
    EXPECT_EQ(model["kind"], "user");
    EXPECT_EQ(model["admin"], false);
    EXPECT_EQ(model["groups"], json::array());
    EXPECT_EQ(model["session_id"], session_id_of(visitor.session));
    EXPECT_EQ(model["scopes"], (json{"access:servers!server=ada/", "read:users:groups!user=ada",
                                     "read:users:name!user=ada"}));
    EXPECT_THAT(model["token_id"].get<std::string>(), StartsWith("a"));
}

TEST_F(OAuthTest, SendsWhoIsNotLoggedInToTheLogInAndBack) {
    auto const answer = authorize({}, question(ada_));
    EXPECT_EQ(answer.status, 302U);
    auto const address = std::string(answer.headers.get("Location"));
    EXPECT_THAT(address,
                StartsWith("/c/bio/hub/login?next=%2Fc%2Fbio%2Fhub%2Fapi%2Foauth2%2Fauthorize%3F"));
}

TEST_F(OAuthTest, SendsNobodyToAnAddressThatIsNotExactlyTheServers) {
    auto const visitor = log_in(ada_);
    for (auto const* address :
         {"", "/c/bio/user/ada/oauth_callback/", "/c/bio/user/ada/oauth_callbac",
          "/c/bio/user/ada/", "/c/bio/user/ada/oauth_callback/../x",
          "/c/bio/user/ADA/oauth_callback", "/c/bio/user/ada/OAUTH_CALLBACK",
          "/c/bio/user/%61da/oauth_callback", "/c/bio/user/ada/oauth%5Fcallback",
          "//evil.test/c/bio/user/ada/oauth_callback",
          "https://evil.test/c/bio/user/ada/oauth_callback", "/c/bio/user/bob/oauth_callback",
          "/c/bio/user/ada/oauth_callback?x=1", "/c/bio/user/ada/oauth_callback#x",
          "/c/bio/user/ada/oauth_callback\r\nX: y", "\\c\\bio\\user\\ada\\oauth_callback"}) {
        auto const answer = authorize(visitor, question(ada_, {{"redirect_uri", address}}));
        EXPECT_EQ(answer.status, 400U) << address;
        EXPECT_FALSE(answer.headers.find("Location")) << address;
    }
}

TEST_F(OAuthTest, KnowsNoClientThatNoRunningServerIs) {
    auto const visitor = log_in(ada_);
    for (auto const* client : {"", "jupyterhub-user-eve", "jupyterhub-user-ad", "service-x",
                               "jupyterhub-user-bob", "JUPYTERHUB-USER-ada"})
        EXPECT_EQ(authorize(visitor, question(ada_, {{"client_id", client}})).status, 400U)
            << client;
    auto const asked = question(ada_);
    ASSERT_TRUE(await(servers_.stop({course_.id, ada_.id, ""}, "ada", "server_stopped", "")));
    EXPECT_EQ(authorize(visitor, asked).status, 400U);
}

TEST_F(OAuthTest, TellsTheServerWhatIsWrongWithItsQuestion) {
    auto const visitor = log_in(ada_);
    std::vector<std::pair<Fields, std::string>> const table{
        {{{"response_type", "token"}}, "unsupported_response_type"},
        {{{"response_type", ""}}, "unsupported_response_type"},
        {{{"scope", "admin:users"}}, "invalid_scope"},
        {{{"scope", "access:servers!server=bob/"}}, "invalid_scope"},
        {{{"code_challenge", "x"}, {"code_challenge_method", "S256"}}, "invalid_request"},
        {{{"code_challenge", challenge_of("v")}, {"code_challenge_method", "plain"}},
         "invalid_request"},
        {{{"code_challenge", challenge_of("v")}}, "invalid_request"},
        {{{"code_challenge_method", "S256"}}, "invalid_request"},
        {{{"state", std::string(5000, 'x')}}, "invalid_request"},
    };
    for (auto const& [changes, error] : table) {
        auto const answer = authorize(visitor, question(ada_, changes));
        EXPECT_EQ(answer.status, 302U) << error;
        auto const query = query_of(answer.headers.get("Location"));
        EXPECT_EQ(query.get("error"), error);
        EXPECT_FALSE(query.has("code"));
    }
}

TEST_F(OAuthTest, GivesTheStateBackWithAnErrorToo) {
    auto const asked = question(ada_, {{"scope", "admin:users"}});
    auto const answer = authorize(log_in(ada_), asked);
    EXPECT_EQ(query_of(answer.headers.get("Location")).get("state"), asked.at("state"));
}

TEST_F(OAuthTest, GivesNoCodeToAProgram) {
    Fields const asked = question(ada_);
    http::Request request{.method = "GET",
                          .target = "/c/bio/hub/api/oauth2/authorize?" + form_of(asked)};
    request.headers.set("Authorization", "token " + secret_of(ada_));
    EXPECT_EQ(ask(request).status, 403U);
}

TEST_F(OAuthTest, RefusesAnotherParticipantAndAStranger) {
    for (auto const& user : {bob_, add_user("eve")}) {
        auto const answer = authorize(log_in(user), question(ada_));
        EXPECT_EQ(answer.status, 403U);
        EXPECT_FALSE(answer.headers.find("Location"));
    }
}

TEST_F(OAuthTest, AsksALeaderFirstAndWritesTheEntryDown) {
    auto const leader = log_in(lea_);
    auto const asked = question(ada_);
    auto const page = authorize(leader, asked);
    EXPECT_EQ(page.status, 200U);
    EXPECT_THAT(page.body, HasSubstr("Open the server of ada?"));
    EXPECT_THAT(page.body, HasSubstr(xsrf_token(leader.csrf_token, "bio")));
    EXPECT_THAT(std::string(page.headers.get("Content-Security-Policy")),
                HasSubstr("frame-ancestors 'none'"));

    EXPECT_EQ(agree(leader, asked, "").status, 403U);
    EXPECT_EQ(agree(leader, asked, "guess").status, 403U);
    auto const sent = agree(leader, asked, leader.csrf_token);
    ASSERT_EQ(sent.status, 302U) << sent.body;
    auto const given = redeem(ada_, query_of(sent.headers.get("Location")).get("code"));
    EXPECT_EQ(given.status, 200U);
    auto const events =
        store_->read([](Transaction& t) { return t.events().newest(0, 1); }).value();
    EXPECT_EQ(events.at(0).kind, "server_entered");
    EXPECT_EQ(events.at(0).actor, "lea");
    EXPECT_EQ(events.at(0).subject, "ada");
    // Not asked again, as long as that token lives.
    EXPECT_EQ(authorize(leader, asked).status, 302U);
    clock_.advance(token_lasts);
    EXPECT_EQ(authorize(log_in(lea_), asked).status, 200U);
}

TEST_F(OAuthTest, ALeaderHasAgreedToWhatWasAskedAndToThatServerAlone) {
    auto const leader = log_in(lea_);
    Fields const name_alone{{"scope", "read:users:name!user"}};
    auto const sent = agree(leader, question(ada_, name_alone), leader.csrf_token);
    auto const code = query_of(sent.headers.get("Location")).get("code");
    ASSERT_EQ(redeem(ada_, code).status, 200U);
    EXPECT_EQ(authorize(leader, question(ada_, name_alone)).status, 302U);
    EXPECT_EQ(authorize(leader, question(ada_)).status, 200U);
    EXPECT_EQ(authorize(leader, question(bob_, name_alone)).status, 200U);
}

TEST_F(OAuthTest, RefusesFieldsThatComeTwice) {
    http::Request request{.method = "POST", .target = "/c/bio/hub/api/oauth2/token"};
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    request.body = "code=a&code=b";
    EXPECT_EQ(error_of(ask(request)), "invalid_request");
    request.headers.set("Content-Type", "application/json");
    request.body = "{}";
    EXPECT_EQ(error_of(ask(request)), "invalid_request");
    auto const visitor = log_in(ada_);
    http::Request question{.method = "GET",
                           .target = "/c/bio/hub/api/oauth2/authorize?" +
                                     form_of(this->question(ada_)) + "&redirect_uri=/"};
    question.headers.set("Cookie", visitor.cookie);
    EXPECT_EQ(ask(question).status, 400U);
}

}  // namespace carrel::jupyterhub
