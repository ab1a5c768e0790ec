#include "auth/oidc/oidc_provider.hpp"

#include "auth/oidc/test_keys.hpp"
#include "auth/provider/login_failure.hpp"
#include "http/test_server.hpp"

#include <algorithm>
#include <map>
#include <mutex>

namespace carrel {
namespace {

using nlohmann::json;
using oidc::SigningKey;

/// A provider that says what a test has it say.
class OidcProviderTest : public ::testing::Test {
protected:
    OidcProviderTest() {
        auto const root = server_.url("");
        says_["/.well-known/openid-configuration"] = {{"issuer", root},
                                                      {"authorization_endpoint", root + "/ask"},
                                                      {"token_endpoint", root + "/token"},
                                                      {"jwks_uri", root + "/keys"},
                                                      {"userinfo_endpoint", root + "/details"}};
        says_["/keys"] = {{"keys", {key().jwk()}}};
        says_["/details"] = {{"sub", "u-1"}, {"preferred_username", "ada"}};
    }
    static SigningKey const& key() {
        static SigningKey const key("ES256", "known");
        return key;
    }
    json& document() { return says_["/.well-known/openid-configuration"]; }

    asio::awaitable<http::Response> respond(http::Request& request) {
        std::scoped_lock const lock(mutex_);
        asked_.push_back(request.path);
        auto const found = says_.find(request.path);
        co_return found == says_.end() ? http::Response::empty(404)
                                       : http::Response::json(found->second);
    }
    auto times_asked(std::string const& path) {
        std::scoped_lock const lock(mutex_);
        return std::ranges::count(asked_, path);
    }

    /// What every ID token says.
    json claims() {
        auto const now = clock_.now().time_since_epoch().count() / 1000;
        return {{"iss", document()["issuer"]},
                {"sub", "u-1"},
                {"aud", "carrel"},
                {"iat", now},
                {"exp", now + 60}};
    }
    /// The provider is asked again about u-1, and this is what its tokens are.
    Result<ProviderPerson> refresh(json const& tokens) {
        says_["/token"] = tokens;
        return provider_.refresh(refresh_token_, "u-1");
    }
    Result<ProviderPerson> refresh_by_claims(json const& more) {
        auto said = claims();
        said.update(more);
        return refresh({{"access_token", "access"}, {"id_token", key().token(said)}});
    }

    /// Somebody comes back; the ID token is signed by this key and says this, too.
    Result<ProviderPerson> identify(SigningKey const& by = key(), json const& more = {},
                                    std::optional<std::string> const& issuer = {}) {
        auto said = claims();
        said["nonce"] = "the nonce";
        said.update(more.is_null() ? json::object() : more);
        says_["/token"] = {{"access_token", "access"}, {"id_token", by.token(said)}};
        return provider_.identify({.code = "code", .issuer = issuer},
                                  {.state = "",
                                   .nonce = "the nonce",
                                   .verifier = "the verifier",
                                   .redirect_uri = "https://hub.example/login/campus/callback"});
    }
    static std::string problem(Result<ProviderPerson> const& person) {
        return person ? "" : std::string(login_problem_of(person.error()));
    }

    std::mutex mutex_;
    std::map<std::string, json> says_;
    std::vector<std::string> asked_;
    ManualClock clock_{Time(Seconds(1'800'000'000))};
    http::TestServer server_{http::TcpAddress{},
                             [this](http::Request& request) { return respond(request); }};
    std::string refresh_token_ = "a token";
    OidcProvider provider_{
        {.name = "campus", .issuer = server_.url(""), .client_id = "carrel", .client_secret = "s"},
        clock_};
};

TEST_F(OidcProviderTest, WhoComesBackIsTheOneWhomTokenAndDetailsMean) {
    auto const person = identify();
    ASSERT_TRUE(person) << person.error().message;
    EXPECT_EQ(person->subject, "u-1");
    EXPECT_EQ(person->username, "ada");
}

TEST_F(OidcProviderTest, ADocumentOfAnotherIssuerIsNotUsed) {
    document()["issuer"] = "https://evil.example";
    auto const address = provider_.authorization_url({});
    ASSERT_FALSE(address);
    EXPECT_EQ(login_problem_of(address.error()), "misconfigured");
}

TEST_F(OidcProviderTest, DetailsAreNotAskedForWhereNoProviderIs) {
    document()["userinfo_endpoint"] = "ftp://127.0.0.1/details";
    auto const person = identify(key(), {{"preferred_username", "bob"}});
    ASSERT_TRUE(person) << person.error().message;
    EXPECT_EQ(person->username, "bob");
}

TEST_F(OidcProviderTest, WithoutGoodPlacesThereIsNoLogIn) {
    for (auto const* const needed : {"authorization_endpoint", "token_endpoint", "jwks_uri"}) {
        auto const good = document();
        document()[needed] = "ftp://127.0.0.1/";
        EXPECT_EQ(problem(identify()), "misconfigured") << needed;
        document() = good;
    }
    EXPECT_EQ(problem(identify()), "");
}

TEST_F(OidcProviderTest, AnAnswerSaysWhoseItIsWhereThatIsPromised) {
    auto const root = server_.url("");
    EXPECT_EQ(problem(identify(key(), {}, "https://evil.example")), "untrusted");
    EXPECT_EQ(problem(identify(key(), {}, root)), "");
    document()["authorization_response_iss_parameter_supported"] = true;
    clock_.advance(std::chrono::hours(1));
    EXPECT_EQ(problem(identify()), "untrusted");
    EXPECT_EQ(problem(identify(key(), {}, root)), "");
}

TEST_F(OidcProviderTest, DetailsOfSomebodyElseAreNotBelieved) {
    says_["/details"] = {{"sub", "u-2"}, {"preferred_username", "root"}};
    EXPECT_EQ(problem(identify()), "untrusted");
}

TEST_F(OidcProviderTest, WhatIsSignedCountsMoreThanDetails) {
    says_["/details"] = {{"sub", "u-1"}, {"preferred_username", "root"}, {"name", "Ada"}};
    auto const person = identify(key(), {{"preferred_username", "ada"}});
    ASSERT_TRUE(person) << person.error().message;
    EXPECT_EQ(person->username, "ada");
    EXPECT_EQ(person->display_name, "Ada");
}

TEST_F(OidcProviderTest, DetailsWithoutEndAreNotRead) {
    says_["/details"]["name"] = std::string(300'000, 'x');
    EXPECT_EQ(problem(identify()), "untrusted");
}

TEST_F(OidcProviderTest, UnknownKeysHaveThemAskedForNowAndThen) {
    SigningKey const fresh("ES256", "fresh");
    EXPECT_EQ(problem(identify()), "");
    EXPECT_EQ(times_asked("/keys"), 1);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(problem(identify(fresh)), "untrusted");
    EXPECT_EQ(times_asked("/keys"), 2) << "nobody has the provider asked with every token";
    says_["/keys"]["keys"].push_back(fresh.jwk());
    clock_.advance(Seconds(30));
    EXPECT_EQ(problem(identify(fresh)), "");
    EXPECT_EQ(times_asked("/keys"), 3);
}

TEST_F(OidcProviderTest, WhoIsVouchedForAgainBringsTheNextToken) {
    auto const person = refresh({{"access_token", "access"},
                                 {"refresh_token", "the next"},
                                 {"id_token", key().token(claims())}});
    ASSERT_TRUE(person) << person.error().message;
    EXPECT_EQ(person->subject, "u-1");
    EXPECT_EQ(refresh_token_, "the next");
    EXPECT_TRUE(person->tells_groups);
}

TEST_F(OidcProviderTest, ARefreshedTokenIsCheckedLikeTheFirst) {
    EXPECT_EQ(problem(refresh_by_claims({{"aud", "another"}})), "untrusted");
    EXPECT_EQ(refresh_token_, "a token") << "there is no other";
    EXPECT_EQ(problem(refresh_by_claims({{"exp", 1}})), "untrusted");
    EXPECT_EQ(problem(refresh_by_claims({{"groups", {"staff"}}})), "");
    says_["/details"]["sub"] = "u-2";
    EXPECT_EQ(problem(refresh_by_claims({{"sub", "u-2"}})), "untrusted");
}

TEST_F(OidcProviderTest, WithoutARefreshedTokenTheDetailsVouch) {
    json const tokens{{"access_token", "access"}};
    auto const silent = refresh(tokens);
    ASSERT_TRUE(silent) << silent.error().message;
    EXPECT_FALSE(silent->tells_groups) << "the ID token may have told them";
    says_["/details"]["groups"] = {"staff"};
    EXPECT_TRUE(refresh(tokens)->tells_groups);
    says_["/details"]["sub"] = "u-2";
    EXPECT_EQ(problem(refresh(tokens)), "untrusted");
    document().erase("userinfo_endpoint");
    clock_.advance(std::chrono::hours(1));
    EXPECT_EQ(problem(refresh(tokens)), "misconfigured") << "nothing says whom it means";
}

TEST_F(OidcProviderTest, TheNextTokenIsThereThoughTheDetailsAreNot) {
    says_.erase("/details");
    EXPECT_EQ(problem(refresh({{"access_token", "access"}, {"refresh_token", "the next"}})),
              "misconfigured");
    EXPECT_EQ(refresh_token_, "the next");
}

TEST_F(OidcProviderTest, ATokenThatIsGoodNoMoreIsNoMistakeOfOurs) {
    EXPECT_EQ(problem(refresh({{"error", "invalid_grant"}})), "refused");
    EXPECT_EQ(problem(refresh({{"error", "invalid_client"}})), "misconfigured");
}

}  // namespace
}  // namespace carrel
