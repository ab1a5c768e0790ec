#include "hub/jupyterhub/oauth_fixture.hpp"

#include <gmock/gmock.h>

namespace carrel::jupyterhub {

/// What a code is good for, and what comes of the token.
using OAuthTokenTest = OAuthTest;

TEST_F(OAuthTokenTest, TakesACodeOnceAndEndsWhatItGaveWhenItComesAgain) {
    auto const code = code_for(log_in(ada_), ada_);
    auto const token = json::parse(redeem(ada_, code).body).value("access_token", "");
    EXPECT_EQ(who_is(token).status, 200U);
    auto const again = redeem(ada_, code);
    EXPECT_EQ(again.status, 400U);
    EXPECT_EQ(error_of(again), "invalid_grant");
    EXPECT_EQ(who_is(token).status, 403U);
}

TEST_F(OAuthTokenTest, TakesACodeForThreeHundredSeconds) {
    auto const visitor = log_in(ada_);
    auto const early = code_for(visitor, ada_);
    auto const late = code_for(visitor, ada_);
    clock_.advance(code_lasts - Seconds(1));
    EXPECT_EQ(redeem(ada_, early).status, 200U);
    clock_.advance(Seconds(1));
    EXPECT_EQ(error_of(redeem(ada_, late)), "invalid_grant");
}

TEST_F(OAuthTokenTest, TakesACodeFromNobodyButTheServerItIsFor) {
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
    // Neither does one whose visitor may enter both.
    auto const leader = log_in(lea_);
    auto const sent = agree(leader, question(ada_), leader.csrf_token);
    auto const leaders = query_of(sent.headers.get("Location")).get("code");
    ASSERT_FALSE(leaders.empty());
    EXPECT_EQ(error_of(redeem(bob_, leaders)), "invalid_grant");
    EXPECT_EQ(error_of(redeem(bob_, leaders, {{"redirect_uri", "/c/bio/user/ada/oauth_callback"}})),
              "invalid_grant");
    // None of this has used it up.
    EXPECT_EQ(redeem(ada_, code).status, 200U);
}

TEST_F(OAuthTokenTest, TakesNoTokenOfAVisitorForAClientsSecret) {
    auto const visitor = log_in(ada_);
    auto const token = token_for(visitor, ada_);
    EXPECT_EQ(error_of(redeem(ada_, code_for(visitor, ada_), {{"client_secret", token}})),
              "invalid_client");
}

TEST_F(OAuthTokenTest, RefusesACodeThatIsAskedForDifferently) {
    auto const visitor = log_in(ada_);
    for (auto const& changes :
         {Fields{{"redirect_uri", ""}}, Fields{{"redirect_uri", "/c/bio/user/ada/oauth_callback/"}},
          Fields{{"redirect_uri", "/c/bio/user/ADA/oauth_callback"}}, Fields{{"code", ""}},
          Fields{{"code", "guess"}}, Fields{{"code_verifier", std::string(43, 'v')}}})
        EXPECT_EQ(error_of(redeem(ada_, code_for(visitor, ada_), changes)), "invalid_grant");
    EXPECT_EQ(error_of(redeem(ada_, code_for(visitor, ada_), {{"grant_type", "password"}})),
              "unsupported_grant_type");
}

TEST_F(OAuthTokenTest, WantsTheVerifierWhenThereWasAChallenge) {
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

TEST_F(OAuthTokenTest, TakesVerifiersOfTheLengthsThatThereAre) {
    auto const visitor = log_in(ada_);
    for (auto const& [length, status] :
         {std::pair(42, 400U), {43, 200U}, {128, 200U}, {129, 400U}}) {
        std::string const verifier(static_cast<size_t>(length), 'v');
        auto const code = code_for(
            visitor, ada_,
            {{"code_challenge", challenge_of(verifier)}, {"code_challenge_method", "S256"}});
        EXPECT_EQ(redeem(ada_, code, {{"code_verifier", verifier}}).status, status) << length;
    }
}

TEST_F(OAuthTokenTest, GivesNothingForTheCodeOfWhoIsKeptOutSince) {
    auto const code = code_for(log_in(ada_), ada_);
    ada_.disabled = true;
    ASSERT_TRUE(store_->write([&](Transaction& t) { return t.users().update(ada_); }));
    EXPECT_EQ(error_of(redeem(ada_, code)), "invalid_grant");
}

TEST_F(OAuthTokenTest, LoggingOutEndsTokensAndCodesOfThatLoginAlone) {
    auto const here = log_in(ada_);
    auto const elsewhere = log_in(ada_);
    auto const token = token_for(here, ada_);
    auto const other = token_for(elsewhere, ada_);
    auto const code = code_for(here, ada_);

    http::Request out{.method = "GET", .target = "/c/bio/hub/logout"};
    out.headers.set("Cookie", here.cookie);
    auto const answer = ask(out);
    EXPECT_EQ(answer.headers.get("Location"), "/c/bio/hub/login");
    std::vector<std::string> cookies;
    for (auto const& [name, value] : answer.headers)
        if (name == "Set-Cookie") cookies.push_back(std::string(split(value, '=')[0]));
    EXPECT_THAT(cookies, testing::IsSupersetOf({"carrel_session", "jupyterhub-session-id"}));

    EXPECT_EQ(who_is(token).status, 403U);
    EXPECT_EQ(error_of(redeem(ada_, code)), "invalid_grant");
    EXPECT_EQ(who_is(other).status, 200U);
}

TEST_F(OAuthTokenTest, AnotherSitesLinkLogsNobodyOut) {
    auto const visitor = log_in(ada_);
    auto const token = token_for(visitor, ada_);
    http::Request out{.method = "GET", .target = "/c/bio/hub/logout"};
    out.headers.set("Cookie", visitor.cookie);
    out.headers.set("Sec-Fetch-Site", "cross-site");
    EXPECT_EQ(ask(out).headers.get("Location"), "/");
    EXPECT_EQ(who_is(token).status, 200U);
}

TEST_F(OAuthTokenTest, RightsThatEndAreGoneFromTokensThatAreThere) {
    auto const token = token_for(log_in(ada_), ada_);
    auto const code = code_for(log_in(ada_), ada_);
    admit(ada_, ApplicationState::Rejected);
    EXPECT_EQ(json::parse(who_is(token).body)["scopes"], json::array());
    EXPECT_EQ(error_of(redeem(ada_, code)), "invalid_grant");
    ada_.disabled = true;
    ASSERT_TRUE(store_->write([&](Transaction& t) { return t.users().update(ada_); }));
    EXPECT_EQ(who_is(token).status, 403U);
}

TEST_F(OAuthTokenTest, TokensExpire) {
    auto const token = token_for(log_in(ada_), ada_);
    clock_.advance(token_lasts - Seconds(1));
    EXPECT_EQ(who_is(token).status, 200U);
    clock_.advance(Seconds(1));
    EXPECT_EQ(who_is(token).status, 403U);
}

TEST_F(OAuthTokenTest, TokensEndWithTheLongestLogInAtTheLatest) {
    auto const visitor = log_in(ada_);
    auto const later = std::chrono::hours(7);
    clock_.advance(later);
    auto const token = token_for(visitor, ada_);
    clock_.advance(SessionPolicy().longest - later - Seconds(1));
    EXPECT_EQ(who_is(token).status, 200U);
    clock_.advance(Seconds(1));
    EXPECT_EQ(who_is(token).status, 403U);
}

TEST_F(OAuthTokenTest, ATokenOfOneHubIsNothingInAnother) {
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
    // Nor is a server's own, which is the same client there.
    http::Request exchange{.method = "POST", .target = "/c/art/hub/api/oauth2/token"};
    exchange.headers.set("Content-Type", "application/x-www-form-urlencoded");
    exchange.body = form_of({{"client_id", told(ada_).at("JUPYTERHUB_CLIENT_ID")},
                             {"client_secret", secret_of(ada_)},
                             {"grant_type", "authorization_code"},
                             {"code", "any"}});
    EXPECT_EQ(error_of(ask(exchange)), "invalid_client");
}

TEST_F(OAuthTokenTest, AServersOwnTokenEndsWithIt) {
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

TEST_F(OAuthTokenTest, RoutesOfSuchServersAreLeftToThem) {
    EXPECT_EQ(proxy_.known.at("/c/bio/user/ada").secret, "");
}

}  // namespace carrel::jupyterhub
