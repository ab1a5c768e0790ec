#include "auth/factor/totp.hpp"
#include "auth/login_steps.hpp"
#include "portal/test_portal.hpp"

namespace carrel {
namespace {

using ::testing::HasSubstr;

class FactorCallsTest : public ::testing::Test {
protected:
    FactorCallsTest() {
        portal_.add_user("ada");
        ada_ = portal_.log_in("ada");
    }
    static std::string from_base32(std::string const& text) {
        constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        std::string bytes;
        unsigned buffer = 0;
        unsigned bits = 0;
        for (char const letter : text) {
            buffer = (buffer << 5U) | static_cast<unsigned>(letters.find(letter));
            bits += 5;
            if (bits < 8) continue;
            bits -= 8;
            bytes += static_cast<char>((buffer >> bits) & 255U);
        }
        return bytes;
    }
    std::string code() { return totp::code_of(secret_, totp::step_at(portal_.clock().now())); }
    /// Sets an app up; its recovery codes.
    std::vector<std::string> add_app() {
        auto const setup = portal_.call(ada_, "POST", "/me/factor-setups", {{"kind", "totp"}});
        EXPECT_EQ(setup.status, 201U) << setup.problem();
        secret_ = from_base32(setup.body["secret"]);
        auto const added =
            portal_.call(ada_, "POST", "/me/factors",
                         {{"setup", setup.body["id"]}, {"name", "phone"}, {"code", code()}});
        EXPECT_EQ(added.status, 201U) << added.problem();
        portal_.clock().advance(Seconds(30));
        return added.body["recovery_codes"];
    }
    /// A browser after the password: the cookie of half a log-in, as a header.
    std::string half() {
        auto const answer =
            portal_.call({}, "POST", "/session",
                         {{"username", "ada"}, {"password", TestPortal::password_of("ada")}});
        EXPECT_EQ(answer.status, 202U) << answer.problem();
        std::string const cookie(answer.response.headers.get("set-cookie"));
        return cookie.substr(0, cookie.find(';'));
    }
    http::Response second(std::string const& cookie, std::string const& given) {
        auto request = portal_.request("POST", "/api/v1/session/factor",
                                       nlohmann::json{{"code", given}}.dump());
        request.headers.set("Cookie", cookie);
        return portal_.send(request);
    }
    Answer begin_setup() {
        return portal_.call(ada_, "POST", "/me/factor-setups", {{"kind", "totp"}});
    }

    TestPortal portal_;
    Caller ada_;
    std::string secret_;
};

TEST_F(FactorCallsTest, HalfALogInLastsTenMinutes) {
    add_app();
    auto const cookie = half();
    portal_.clock().advance(Seconds(599));
    EXPECT_EQ(second(cookie, "wrong").status, 401U);
    portal_.clock().advance(Seconds(1));
    auto const late = second(cookie, code());
    EXPECT_EQ(late.status, 401U);
    EXPECT_EQ(nlohmann::json::parse(late.body)["field"], "login");
}

TEST_F(FactorCallsTest, HalfALogInEndsWithTooManyWrongCodes) {
    add_app();
    auto const cookie = half();
    for (int i = 0; i < most_wrong_steps; ++i) EXPECT_EQ(second(cookie, "wrong").status, 401U);
    EXPECT_EQ(second(cookie, code()).status, 401U);
    EXPECT_EQ(second(half(), code()).status, 200U);
}

TEST_F(FactorCallsTest, AMistypedFirstCodeMayBeTypedOnceMore) {
    auto const setup = begin_setup();
    auto const end = [&](std::string const& given) {
        return portal_.call(ada_, "POST", "/me/factors",
                            {{"setup", setup.body["id"]}, {"name", "phone"}, {"code", given}});
    };
    EXPECT_THAT(end("nonsense").problem(), HasSubstr("400 code: the code is wrong"));
    secret_ = from_base32(setup.body["secret"]);
    EXPECT_EQ(end(code()).status, 201U);
    EXPECT_EQ(end(code()).status, 404U) << "it is set up already";
}

TEST_F(FactorCallsTest, WhatWasBegunAnotherSessionCannotEnd) {
    auto const setup = begin_setup();
    secret_ = from_base32(setup.body["secret"]);
    auto const elsewhere = portal_.log_in("ada");
    auto const answer =
        portal_.call(elsewhere, "POST", "/me/factors",
                     {{"setup", setup.body["id"]}, {"name", "phone"}, {"code", code()}});
    EXPECT_EQ(answer.status, 404U);
    portal_.clock().advance(Seconds(600));
    EXPECT_EQ(portal_
                  .call(ada_, "POST", "/session/confirmation",
                        {{"password", TestPortal::password_of("ada")}})
                  .status,
              204U);
    EXPECT_EQ(portal_
                  .call(ada_, "POST", "/me/factors",
                        {{"setup", setup.body["id"]}, {"name", "phone"}, {"code", code()}})
                  .status,
              404U)
        << "too long ago";
}

TEST_F(FactorCallsTest, AnOpenBrowserIsAskedWhoIsThereBeforeItChangesAnything) {
    add_app();
    portal_.clock().advance(Seconds(600));
    auto const listed = portal_.call(ada_, "GET", "/me/factors");
    auto const factor = "/me/factors/" + listed.body["factors"][0]["id"].get<std::string>();
    for (auto const& refused : {begin_setup(), portal_.call(ada_, "POST", "/me/recovery-codes"),
                                portal_.call(ada_, "DELETE", factor)}) {
        EXPECT_EQ(refused.status, 403U);
        EXPECT_EQ(refused.body["type"], "urn:carrel:problem:confirmation");
    }
    auto const confirm = [&](nlohmann::json const& proof) {
        return portal_.call(ada_, "POST", "/session/confirmation", proof).status;
    };
    EXPECT_EQ(confirm({{"password", "wrong"}}), 400U);
    EXPECT_EQ(confirm({{"code", "wrong"}}), 400U);
    EXPECT_EQ(begin_setup().status, 403U);
    EXPECT_EQ(confirm({{"code", code()}}), 204U);
    EXPECT_EQ(begin_setup().status, 201U);
    portal_.clock().advance(Seconds(600));
    EXPECT_EQ(begin_setup().status, 403U);
    EXPECT_EQ(confirm({{"password", TestPortal::password_of("ada")}}), 204U);
    EXPECT_EQ(portal_.call(ada_, "DELETE", factor).status, 204U);
}

TEST_F(FactorCallsTest, APasswordThatIsChangedEndsHalfALogInToo) {
    add_app();
    auto const cookie = half();
    EXPECT_EQ(portal_
                  .call(ada_, "POST", "/me/password",
                        {{"current", TestPortal::password_of("ada")}, {"new", "battery staple"}})
                  .status,
              204U);
    EXPECT_EQ(second(cookie, code()).status, 401U);
}

TEST_F(FactorCallsTest, AnAdministratorHelpsWhoHasLostEverything) {
    auto const codes = add_app();
    portal_.add_user("root", true);
    auto const root = portal_.log_in("root");
    auto const cookie = half();
    EXPECT_EQ(portal_.call(ada_, "DELETE", "/users/ada/factors").status, 403U);
    EXPECT_EQ(portal_.call(root, "DELETE", "/users/nobody/factors").status, 404U);
    EXPECT_EQ(portal_.call(root, "DELETE", "/users/ada/factors").status, 204U);
    EXPECT_EQ(portal_.kinds()[0], "second_factors_reset");
    EXPECT_EQ(portal_.call(ada_, "GET", "/me").status, 401U) << "what was open is closed";
    EXPECT_EQ(second(cookie, codes.at(0)).status, 401U);
    portal_.log_in("ada");
    portal_.clock().advance(Seconds(600));
    EXPECT_EQ(portal_.call(root, "DELETE", "/users/ada/factors").body["type"],
              "urn:carrel:problem:confirmation");
}

TEST_F(FactorCallsTest, NobodyIsToldWhetherAnAccountHasASecondFactorBeforeThePassword) {
    add_app();
    portal_.add_user("bob");
    for (auto const* const name : {"ada", "bob", "nobody"}) {
        auto const answer =
            portal_.call({}, "POST", "/session", {{"username", name}, {"password", "wrong"}});
        EXPECT_EQ(answer.problem(), "401 the user name or the password is wrong") << name;
    }
    EXPECT_EQ(portal_.call({}, "GET", "/session/factor").problem(),
              "401 login: this log-in has ended; give the password once more");
}

}  // namespace
}  // namespace carrel
