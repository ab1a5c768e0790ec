#include "auth/logins.hpp"
#include "auth/secret.hpp"
#include "base/text.hpp"
#include "hub/hub_fixture.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/oauth_calls.hpp"
#include "hub/jupyterhub/user_calls.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace carrel::jupyterhub {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace {

/// A browser that is logged in.
struct Visitor {
    std::string cookie;
    std::string csrf_token;
    SessionId session;
};

/// The fields of an address's query.
Form query_of(std::string_view address) {
    auto const mark = address.find('?');
    return Form::parse(mark == std::string_view::npos ? "" : address.substr(mark + 1)).value();
}

using Fields = std::map<std::string, std::string>;

std::string form_of(Fields const& fields) {
    std::string text;
    for (auto const& [name, value] : fields)
        text += (text.empty() ? "" : "&") + name + "=" + percent_encode(value);
    return text;
}

}  // namespace

/// Running servers of JupyterHub's kind: ada's and bob's in "bio".
class OAuthTest : public HubFixture {
protected:
    OAuthTest() {
        settings_.environments["lab"].kind = EnvironmentKind::JupyterHub;
        bob_ = add_user("bob");
        admit(bob_);
        oauth_.add_routes(router_);
        users_.add_routes(router_);
        for (auto const& user : {ada_, bob_}) {
            auto const server = await(servers_.start(server_of(user), user.name)).value();
            run_until([&] { return server->progress.latest().over(); });
        }
    }

    http::Response ask(http::Request request) {
        request.path = request.target.substr(0, request.target.find('?'));
        auto answer = [](http::Router& router, http::Request asked) -> Task<http::Response> {
            co_return co_await router.handle(asked);
        };
        return await(answer(router_, std::move(request))).value();
    }

    Visitor log_in(User const& user) {
        http::Response response;
        auto const identity = gate_.begin_session(user, {}, response).value();
        return {std::string(split(response.headers.get("Set-Cookie"), ';')[0]), identity.csrf_token,
                identity.login};
    }

    /// What the server of this user was told: its environment.
    std::map<std::string, std::string> told(User const& user) {
        for (auto const& spec : spawner_.started)
            if (spec.user == user.name) return spec.hub_variables;
        return {};
    }
    std::string secret_of(User const& user) { return told(user).at("JUPYTERHUB_API_TOKEN"); }

    /// The question of `owner`'s server, with changes.
    Fields question(User const& owner, Fields const& changes = {}) {
        Fields fields{{"client_id", told(owner).at("JUPYTERHUB_CLIENT_ID")},
                      {"redirect_uri", told(owner).at("JUPYTERHUB_OAUTH_CALLBACK_URL")},
                      {"response_type", "code"},
                      {"state", "st ate/+&=%7E"}};
        for (auto const& [name, value] : changes) fields[name] = value;
        return fields;
    }
    http::Response authorize(Visitor const& visitor, Fields const& fields) {
        http::Request request{.method = "GET",
                              .target = "/c/bio/hub/api/oauth2/authorize?" + form_of(fields)};
        if (!visitor.cookie.empty()) request.headers.set("Cookie", visitor.cookie);
        return ask(std::move(request));
    }
    http::Response agree(Visitor const& visitor, Fields const& fields, std::string const& xsrf) {
        http::Request request{.method = "POST",
                              .target = "/c/bio/hub/api/oauth2/authorize?" + form_of(fields)};
        request.headers.set("Cookie", visitor.cookie);
        request.headers.set("Content-Type", "application/x-www-form-urlencoded");
        request.body = "_xsrf=" + percent_encode(xsrf);
        return ask(std::move(request));
    }
    /// A code for `owner`'s server, which is the visitor's own.
    std::string code_for(Visitor const& visitor, User const& owner, Fields const& changes = {}) {
        auto const answer = authorize(visitor, question(owner, changes));
        EXPECT_EQ(answer.status, 302U) << answer.body;
        return query_of(answer.headers.get("Location")).get("code");
    }

    http::Response redeem(User const& owner, std::string const& code, Fields const& changes = {}) {
        Fields fields{{"client_id", told(owner).at("JUPYTERHUB_CLIENT_ID")},
                      {"client_secret", secret_of(owner)},
                      {"grant_type", "authorization_code"},
                      {"code", code},
                      {"redirect_uri", told(owner).at("JUPYTERHUB_OAUTH_CALLBACK_URL")}};
        for (auto const& [name, value] : changes) fields[name] = value;
        http::Request request{.method = "POST", .target = "/c/bio/hub/api/oauth2/token"};
        request.headers.set("Content-Type", "application/x-www-form-urlencoded");
        request.body = form_of(fields);
        return ask(std::move(request));
    }
    std::string error_of(http::Response const& answer) {
        auto const body = json::parse(answer.body, nullptr, false);
        return body.is_object() ? body.value("error", answer.body) : answer.body;
    }
    std::string token_for(Visitor const& visitor, User const& owner) {
        auto const answer = redeem(owner, code_for(visitor, owner));
        EXPECT_EQ(answer.status, 200U) << answer.body;
        return json::parse(answer.body).value("access_token", "");
    }
    http::Response who_is(std::string const& token) {
        http::Request request{.method = "GET", .target = "/c/bio/hub/api/user"};
        request.headers.set("Authorization", "token " + token);
        return ask(std::move(request));
    }

    User bob_;
    Gate gate_{*store_, clock_, random_};
    ServerLifecycle servers_{dependencies(), settings_};
    CallerGate callers_{*store_, gate_, clock_};
    OAuthCalls oauth_{dependencies(), gate_, callers_};
    UserCalls users_{dependencies(), callers_, servers_};
    http::Router router_{pool_};
};

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
    EXPECT_THAT(address, StartsWith("/login?next=%2Fc%2Fbio%2Fhub%2Fapi%2Foauth2%2Fauthorize%3F"));
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
    EXPECT_THAT(page.body, HasSubstr(leader.csrf_token));
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

TEST_F(OAuthTest, TakesACodeOnceAndEndsWhatItGaveWhenItComesAgain) {
    auto const code = code_for(log_in(ada_), ada_);
    auto const token = json::parse(redeem(ada_, code).body).value("access_token", "");
    EXPECT_EQ(who_is(token).status, 200U);
    auto const again = redeem(ada_, code);
    EXPECT_EQ(again.status, 400U);
    EXPECT_EQ(error_of(again), "invalid_grant");
    EXPECT_EQ(who_is(token).status, 403U);
}

TEST_F(OAuthTest, TakesACodeForThreeHundredSeconds) {
    auto const visitor = log_in(ada_);
    auto const early = code_for(visitor, ada_);
    auto const late = code_for(visitor, ada_);
    clock_.advance(code_lasts - Seconds(1));
    EXPECT_EQ(redeem(ada_, early).status, 200U);
    clock_.advance(Seconds(1));
    EXPECT_EQ(error_of(redeem(ada_, late)), "invalid_grant");
}

TEST_F(OAuthTest, TakesACodeFromNobodyButTheServerItIsFor) {
    auto const code = code_for(log_in(ada_), ada_);
    // Bob's server has got hold of it.
    EXPECT_EQ(error_of(redeem(bob_, code)), "invalid_grant");
    EXPECT_EQ(error_of(redeem(bob_, code, {{"redirect_uri", "/c/bio/user/ada/oauth_callback"}})),
              "invalid_grant");
    for (auto const& changes :
         {Fields{{"client_id", "jupyterhub-user-ada"}}, Fields{{"client_id", ""}}}) {
        auto const answer = redeem(bob_, code, changes);
        EXPECT_EQ(answer.status, 401U);
        EXPECT_EQ(error_of(answer), "invalid_client");
    }
    for (auto const& secret : {std::string(), std::string("x"), hash_secret(secret_of(ada_))})
        EXPECT_EQ(error_of(redeem(ada_, code, {{"client_secret", secret}})), "invalid_client");
    // None of this has used it up.
    EXPECT_EQ(redeem(ada_, code).status, 200U);
}

TEST_F(OAuthTest, TakesNoTokenOfAVisitorForAClientsSecret) {
    auto const visitor = log_in(ada_);
    auto const token = token_for(visitor, ada_);
    EXPECT_EQ(error_of(redeem(ada_, code_for(visitor, ada_), {{"client_secret", token}})),
              "invalid_client");
}

TEST_F(OAuthTest, RefusesACodeThatIsAskedForDifferently) {
    auto const visitor = log_in(ada_);
    for (auto const& changes :
         {Fields{{"redirect_uri", ""}}, Fields{{"redirect_uri", "/c/bio/user/ada/oauth_callback/"}},
          Fields{{"redirect_uri", "/c/bio/user/ADA/oauth_callback"}}, Fields{{"code", ""}},
          Fields{{"code", "guess"}}, Fields{{"code_verifier", std::string(43, 'v')}}})
        EXPECT_EQ(error_of(redeem(ada_, code_for(visitor, ada_), changes)), "invalid_grant");
    EXPECT_EQ(error_of(redeem(ada_, code_for(visitor, ada_), {{"grant_type", "password"}})),
              "unsupported_grant_type");
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

TEST_F(OAuthTest, WantsTheVerifierWhenThereWasAChallenge) {
    std::string const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    EXPECT_EQ(challenge_of(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    Fields const challenge{{"code_challenge", challenge_of(verifier)},
                           {"code_challenge_method", "S256"}};
    auto const visitor = log_in(ada_);
    auto const code = code_for(visitor, ada_, challenge);
    for (auto const& wrong :
         {std::string(), verifier + "x", std::string(43, 'x'), challenge_of(verifier)})
        EXPECT_EQ(error_of(redeem(ada_, code, {{"code_verifier", wrong}})), "invalid_grant");
    EXPECT_EQ(redeem(ada_, code, {{"code_verifier", verifier}}).status, 200U);
}

TEST_F(OAuthTest, LoggingOutEndsTokensAndCodesOfThatLoginAlone) {
    auto const here = log_in(ada_);
    auto const elsewhere = log_in(ada_);
    auto const token = token_for(here, ada_);
    auto const other = token_for(elsewhere, ada_);
    auto const code = code_for(here, ada_);

    http::Request out{.method = "GET", .target = "/c/bio/hub/logout"};
    out.headers.set("Cookie", here.cookie);
    auto const answer = ask(out);
    EXPECT_EQ(answer.headers.get("Location"), "/login");
    std::vector<std::string> cookies;
    for (auto const& [name, value] : answer.headers)
        if (name == "Set-Cookie") cookies.push_back(std::string(split(value, '=')[0]));
    EXPECT_THAT(cookies, testing::IsSupersetOf({"carrel_session", "jupyterhub-session-id"}));

    EXPECT_EQ(who_is(token).status, 403U);
    EXPECT_EQ(error_of(redeem(ada_, code)), "invalid_grant");
    EXPECT_EQ(who_is(other).status, 200U);
}

TEST_F(OAuthTest, AnotherSitesLinkLogsNobodyOut) {
    auto const visitor = log_in(ada_);
    auto const token = token_for(visitor, ada_);
    http::Request out{.method = "GET", .target = "/c/bio/hub/logout"};
    out.headers.set("Cookie", visitor.cookie);
    out.headers.set("Sec-Fetch-Site", "cross-site");
    EXPECT_EQ(ask(out).headers.get("Location"), "/");
    EXPECT_EQ(who_is(token).status, 200U);
}

TEST_F(OAuthTest, RightsThatEndAreGoneFromTokensThatAreThere) {
    auto const token = token_for(log_in(ada_), ada_);
    auto const code = code_for(log_in(ada_), ada_);
    admit(ada_, ApplicationState::Rejected);
    EXPECT_EQ(json::parse(who_is(token).body)["scopes"], json::array());
    EXPECT_EQ(error_of(redeem(ada_, code)), "invalid_grant");
    ada_.disabled = true;
    ASSERT_TRUE(store_->write([&](Transaction& t) { return t.users().update(ada_); }));
    EXPECT_EQ(who_is(token).status, 403U);
}

TEST_F(OAuthTest, TokensExpire) {
    auto const token = token_for(log_in(ada_), ada_);
    clock_.advance(token_lasts - Seconds(1));
    EXPECT_EQ(who_is(token).status, 200U);
    clock_.advance(Seconds(1));
    EXPECT_EQ(who_is(token).status, 403U);
}

TEST_F(OAuthTest, ATokenOfOneHubIsNothingInAnother) {
    auto const token = token_for(log_in(ada_), ada_);
    Course other = course_;
    other.id = CourseId("id-art");
    other.request.slug = "art";
    other.invitation_code = "another";
    ASSERT_TRUE(store_->write([&](Transaction& t) { return t.courses().insert(other); }));
    http::Request request{.method = "GET", .target = "/c/art/hub/api/user"};
    request.headers.set("Authorization", "token " + token);
    EXPECT_EQ(ask(request).status, 403U);
    request.target = "/c/nowhere/hub/api/user";
    EXPECT_EQ(ask(request).status, 403U);
}

TEST_F(OAuthTest, AServersOwnTokenEndsWithIt) {
    auto const secret = secret_of(ada_);
    EXPECT_EQ(json::parse(who_is(secret).body)["scopes"],
              (json{"access:servers!server=ada/", "read:users:activity!user=ada",
                    "users:activity!user=ada"}));
    // The store holds it nowhere, as text.
    EXPECT_EQ(record_of(ada_).secret, "");
    ASSERT_TRUE(await(servers_.stop({course_.id, ada_.id, ""}, "ada", "server_stopped", "")));
    EXPECT_EQ(who_is(secret).status, 403U);
    EXPECT_EQ(who_is(secret_of(bob_)).status, 200U);
}

TEST_F(OAuthTest, RoutesOfSuchServersAreLeftToThem) {
    EXPECT_EQ(proxy_.known.at("/c/bio/user/ada").secret, "");
}

}  // namespace carrel::jupyterhub
