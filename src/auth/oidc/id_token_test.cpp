#include "auth/oidc/id_token.hpp"

#include "auth/oidc/test_keys.hpp"
#include "auth/secret.hpp"
#include "base/text.hpp"

#include <gtest/gtest.h>

namespace carrel::oidc {
namespace {

using nlohmann::json;

constexpr long long now = 1'800'000'000;

class IdTokenTest : public ::testing::Test {
protected:
    static SigningKey const& rsa() {
        static SigningKey const key("RS256", "rsa-1");
        return key;
    }
    static json claims() {
        return {{"iss", "https://campus.example.org"},
                {"sub", "u-1"},
                {"aud", "carrel"},
                {"exp", now + 300},
                {"iat", now},
                {"nonce", "the nonce"}};
    }
    static json with(std::string const& name, json const& value) {
        auto changed = claims();
        changed[name] = value;
        return changed;
    }
    static json without(std::string const& name) {
        auto changed = claims();
        changed.erase(name);
        return changed;
    }
    static IdTokenRules rules() {
        return {.issuer = "https://campus.example.org",
                .client_id = "carrel",
                .nonce = "the nonce",
                .now = Time(Seconds(now))};
    }
    static Result<json> check(std::string const& token, IdTokenRules const& rules = {}) {
        return check_id_token(token, key_set({rsa().jwk()}),
                              rules.issuer.empty() ? IdTokenTest::rules() : rules);
    }
    /// What is said to a token with these claims that is signed well: "" when it is good.
    static std::string problem(json const& claims) {
        auto const checked = check(rsa().token(claims));
        if (checked) return "";
        EXPECT_EQ(checked.error().code, Code::Unauthenticated);
        return checked.error().message;
    }
};

TEST_F(IdTokenTest, GoodOnesOfEveryAlgorithmAreBelieved) {
    for (auto const* const alg : {"RS256", "ES256", "EdDSA"}) {
        SigningKey const key(alg, "k");
        auto const keys = key_set({rsa().jwk(), key.jwk()});
        auto const checked = check_id_token(key.token(claims()), keys, rules());
        ASSERT_TRUE(checked) << alg << ": " << checked.error().message;
        EXPECT_EQ((*checked)["sub"], "u-1");
        // Without a key's id, whichever key fits.
        EXPECT_TRUE(check_id_token(key.token(json{{"alg", alg}}, claims()), keys, rules())) << alg;
    }
}

TEST_F(IdTokenTest, ASignatureOfAnotherKeyIsRefused) {
    for (auto const* const alg : {"RS256", "ES256", "EdDSA"}) {
        SigningKey const key(alg, "k");
        SigningKey const other(alg, "k");  // says that it is the same
        auto const checked = check_id_token(other.token(claims()), key_set({key.jwk()}), rules());
        EXPECT_EQ(checked.error().message, "the signature of the token is wrong") << alg;
    }
}

TEST_F(IdTokenTest, WhatIsChangedAfterwardsIsRefused) {
    auto const good = rsa().token(claims());
    auto const dot = good.find('.');
    auto const changed = good.substr(0, dot + 1) + to_base64url(with("sub", "root").dump()) +
                         good.substr(good.rfind('.'));
    EXPECT_FALSE(check(changed));
    EXPECT_FALSE(check(good.substr(0, good.rfind('.') + 1)));  // no signature
    EXPECT_FALSE(check(good.substr(0, good.rfind('.'))));
    EXPECT_FALSE(check(good + "."));
    EXPECT_FALSE(check(""));
    EXPECT_FALSE(check(".."));
    EXPECT_FALSE(check("a.b.c"));
}

TEST_F(IdTokenTest, WithoutASignatureNothingIsBelieved) {
    for (auto const* const alg : {"none", "None", "NONE", "", "nOnE"}) {
        auto const head = to_base64url(json{{"alg", alg}}.dump()) + ".";
        auto const body = to_base64url(claims().dump());
        for (auto const& token : {head + body + ".", head + body + ".AAAA"}) {
            auto const checked = check(token);
            ASSERT_FALSE(checked) << alg;
            EXPECT_TRUE(checked.error().message.contains("not accepted here"))
                << checked.error().message;
        }
    }
    EXPECT_FALSE(check(to_base64url("{}") + "." + to_base64url(claims().dump()) + "."));
}

TEST_F(IdTokenTest, ThePublicKeyIsNoSecretToSignWith) {
    auto const public_key = rsa().jwk();
    for (auto const& secret : {public_key.dump(), public_key["n"].get<std::string>()}) {
        auto const text = to_base64url(json{{"alg", "HS256"}, {"kid", "rsa-1"}}.dump()) + "." +
                          to_base64url(claims().dump());
        auto key = secret;
        key.resize(32);
        auto const checked = check(text + "." + to_base64url(keyed_hash(text, key)));
        ASSERT_FALSE(checked);
        EXPECT_EQ(checked.error().message,
                  "the token is signed by 'HS256', which is not accepted here");
    }
    // Nor is a secret among the keys one.
    json const octets{{"kty", "oct"}, {"kid", "rsa-1"}, {"k", to_base64url(std::string(32, 'k'))}};
    EXPECT_EQ(key_set({octets}).size(), 0U);
}

TEST_F(IdTokenTest, AnUnknownKeyIsToldApart) {
    SigningKey const fresh("RS256", "rsa-2");
    EXPECT_EQ(check(fresh.token(claims())).error().code, Code::NotFound);
    // A key of another kind with the same id does not do.
    SigningKey const curve("ES256", "rsa-1");
    EXPECT_EQ(check(curve.token(claims())).error().code, Code::NotFound);
}

TEST_F(IdTokenTest, ItsTimesAreHeldAgainstTheClock) {
    EXPECT_EQ(problem(with("exp", now - 61)), "the ID token has expired");
    EXPECT_EQ(problem(with("exp", now - 59)), "");  // clocks differ
    EXPECT_EQ(problem(with("iat", now + 61)), "the ID token is from the future");
    EXPECT_EQ(problem(with("iat", now + 59)), "");
    EXPECT_EQ(problem(with("nbf", now + 3600)), "the ID token is not valid yet");
    EXPECT_EQ(problem(with("nbf", now - 1)), "");
    EXPECT_EQ(problem(without("exp")), "the ID token does not say when it ends or began");
    EXPECT_EQ(problem(without("iat")), "the ID token does not say when it ends or began");
    EXPECT_EQ(problem(with("exp", "tomorrow")), "'exp' of the ID token is no time");
    EXPECT_EQ(problem(with("exp", now + 300.5)), "");
}

TEST_F(IdTokenTest, ItIsForUsAndOfThatProvider) {
    EXPECT_EQ(problem(with("iss", "https://evil.example")), "somebody else made the ID token");
    EXPECT_EQ(problem(with("iss", "https://campus.example.org/")),
              "somebody else made the ID token");
    EXPECT_EQ(problem(without("iss")), "somebody else made the ID token");
    EXPECT_EQ(problem(with("aud", "somebody")), "the ID token is for somebody else");
    EXPECT_EQ(problem(with("aud", json::array())), "the ID token is for somebody else");
    EXPECT_EQ(problem(without("aud")), "the ID token is for somebody else");
    EXPECT_EQ(problem(with("aud", {"carrel"})), "");
    EXPECT_EQ(problem(with("aud", {"carrel", "other"})),
              "the ID token is for several and does not say who asked for it");
    auto several = with("aud", {"other", "carrel"});
    several["azp"] = "other";
    EXPECT_EQ(problem(several), "somebody else has asked for the ID token");
    several["azp"] = "carrel";
    EXPECT_EQ(problem(several), "");
}

TEST_F(IdTokenTest, ItAnswersThisQuestion) {
    EXPECT_EQ(problem(with("nonce", "another")),
              "the ID token is the answer to another question (nonce)");
    EXPECT_EQ(problem(without("nonce")), "the ID token is the answer to another question (nonce)");
    auto asked_nothing = rules();
    asked_nothing.nonce = "";
    EXPECT_FALSE(check(rsa().token(with("nonce", "")), asked_nothing));
    asked_nothing.nonce.reset();
    EXPECT_TRUE(check(rsa().token(without("nonce")), asked_nothing)) << "a refreshed token";
}

TEST_F(IdTokenTest, ItBelongsToItsAccessToken) {
    auto its = rules();
    its.access_token = "an access token";
    auto const half = to_base64url(sha256(its.access_token).substr(0, 16));
    EXPECT_TRUE(check(rsa().token(with("at_hash", half)), its));
    EXPECT_FALSE(check(rsa().token(with("at_hash", half + "x")), its));
    EXPECT_TRUE(check(rsa().token(claims()), its));  // it need not say
}

TEST_F(IdTokenTest, ItSaysWhomItIsAbout) {
    for (auto const& subject : {json(""), json(7), json(std::string(256, 'x'))})
        EXPECT_EQ(problem(with("sub", subject)), "the ID token does not say whom it is about");
    EXPECT_EQ(problem(without("sub")), "the ID token does not say whom it is about");
}

TEST_F(IdTokenTest, AMegabyteOfClaimsIsRefused) {
    auto const checked = check(rsa().token(with("groups", std::string(1'000'000, 'x'))));
    EXPECT_EQ(checked.error().code, Code::LimitReached);
}

TEST_F(IdTokenTest, WhatIsNotUnderstoodIsRefused) {
    auto header = rsa().header();
    header["crit"] = {"b64"};
    EXPECT_FALSE(check(rsa().token(header, claims())));
    EXPECT_FALSE(check(rsa().token(json::array({1}), claims())));
    EXPECT_FALSE(check(rsa().token(rsa().header(), json::array({1}))));
}

TEST_F(IdTokenTest, TheKeyThatIsNamedIsTheOneThatSigned) {
    SigningKey const other("RS256", "rsa-2");
    auto const keys = key_set({rsa().jwk(), other.jwk()});
    EXPECT_TRUE(check_id_token(other.token(claims()), keys, rules()));
    EXPECT_FALSE(check_id_token(other.token(rsa().header(), claims()), keys, rules()));
}

TEST(KeySet, LeavesOutWhatIsOfNoUse) {
    SigningKey const good("RS256", "good");
    auto for_encryption = good.jwk();
    for_encryption["use"] = "enc";
    auto of_another_algorithm = good.jwk();
    of_another_algorithm["alg"] = "RS512";
    auto of_another_kind = good.jwk();
    of_another_kind["alg"] = "ES256";
    auto broken = good.jwk();
    broken["n"] = "!!";
    auto off_the_curve = SigningKey("ES256", "off").jwk();
    off_the_curve["x"] = to_base64url(std::string(32, '\x01'));
    auto const keys = key_set({for_encryption, of_another_algorithm, of_another_kind, broken,
                               off_the_curve, SigningKey("RS256", "short", 1024).jwk(),
                               json{{"kty", "RSA"}}, json("text"), good.jwk()});
    EXPECT_EQ(keys.size(), 1U);
    EXPECT_TRUE(keys.has("good", Algorithm::RS256));
}

TEST(KeySet, IsADocumentWithKeys) {
    for (auto const* const text : {"", "[]", "{}", "{\"keys\": 1}", "<html>"})
        EXPECT_FALSE(KeySet::parse(text)) << text;
    EXPECT_EQ(KeySet::parse("{\"keys\": []}").value().size(), 0U);
    json const crowd{{"keys", std::vector<json>(65, json::object())}};
    EXPECT_FALSE(KeySet::parse(crowd.dump()));
}

}  // namespace
}  // namespace carrel::oidc
