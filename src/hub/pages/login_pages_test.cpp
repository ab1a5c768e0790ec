#include "hub/pages/pages_fixture.hpp"

namespace carrel::jupyterhub {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class LoginPagesTest : public PagesTest {
protected:
    /// What the audit log says last.
    std::string last_event() {
        return store_->read([](Transaction& t) { return t.events().newest(0, 1); })
            .value()
            .at(0)
            .kind;
    }
    PageBrowser browser_;
};

TEST_F(LoginPagesTest, TheFormsCookieIsForTheHubAndItsScriptsAndCountsOneHour) {
    auto const answer = get(browser_, "/c/bio/hub/login?next=%2Fc%2Fbio%2Fhub%2Fhome");
    EXPECT_EQ(answer.status, 200U);
    auto const cookie = std::string(answer.headers.get("Set-Cookie"));
    EXPECT_THAT(cookie, testing::AllOf(StartsWith("_xsrf="), HasSubstr("Path=/c/bio/hub/"),
                                       HasSubstr("Max-Age=3600"), Not(HasSubstr("HttpOnly"))));
    EXPECT_THAT(answer.body,
                HasSubstr("name=\"_xsrf\" value=\"" + browser_.cookies["_xsrf"] + "\""));
    EXPECT_THAT(answer.body, HasSubstr("?next=%2Fc%2Fbio%2Fhub%2Fhome"));
    EXPECT_EQ(answer.headers.get("X-JupyterHub-Version"), version);
    EXPECT_THAT(std::string(answer.headers.get("Content-Security-Policy")),
                HasSubstr("frame-ancestors 'none'"));
}

TEST_F(LoginPagesTest, RightPasswordBeginsCarrelsSessionAndRenewsTheXsrfValue) {
    get(browser_, "/c/bio/hub/login");
    auto const before = browser_.cookies["_xsrf"];
    auto const answer = log_in(browser_, "ada");
    EXPECT_EQ(answer.status, 302U);
    EXPECT_EQ(place(answer), "/c/bio/hub/spawn");
    EXPECT_TRUE(browser_.cookies.contains("carrel_session"));
    EXPECT_EQ(browser_.cookies["jupyterhub-session-id"].size(), 32U);
    EXPECT_NE(browser_.cookies["_xsrf"], before);
    EXPECT_EQ(last_event(), "logged_in");

    // The value from before the log-in is worth nothing now.
    for (auto const& [value, status] : {std::pair(before, 403U), {browser_.cookies["_xsrf"], 302U}})
        EXPECT_EQ(send(browser_, "POST", "/c/bio/hub/spawn", {{"_xsrf", value}}).status, status);
}

TEST_F(LoginPagesTest, WrongPasswordIsRefusedAndWrittenDown) {
    auto const answer = log_in(browser_, "ada", "wrong");
    EXPECT_EQ(answer.status, 403U);
    EXPECT_THAT(answer.body, HasSubstr("Invalid username or password"));
    EXPECT_FALSE(browser_.cookies.contains("carrel_session"));
    EXPECT_EQ(last_event(), "login_failed");
}

TEST_F(LoginPagesTest, TooManyAttemptsWait) {
    authenticator_.limited = true;
    auto const answer = log_in(browser_, "ada");
    EXPECT_EQ(answer.status, 429U);
    EXPECT_EQ(answer.headers.get("Retry-After"), "30");
}

TEST_F(LoginPagesTest, AFormWithoutItsValueOrTooOldIsShownAgain) {
    Fields form{{"username", "ada<\">"}, {"password", "right"}};
    get(browser_, "/c/bio/hub/login");
    auto const good = browser_.cookies["_xsrf"];
    auto refused = [&](std::optional<std::string> const& value) {
        if (value) form["_xsrf"] = *value;
        auto const answer = send(browser_, "POST", "/c/bio/hub/login", form);
        EXPECT_EQ(answer.status, 403U);
        EXPECT_THAT(answer.body, HasSubstr("Login form invalid or expired. Try again."));
        EXPECT_THAT(answer.body, HasSubstr("ada&lt;&quot;&gt;"));
        EXPECT_FALSE(browser_.cookies.contains("carrel_session"));
    };
    refused({});
    refused("");
    refused(good + "x");
    refused(LoginForms(std::string(32, 'k'), clock_, random_).token_for({}, "bio"));
    browser_.cookies["_xsrf"] = good;
    clock_.advance(anonymous_xsrf_lasts);
    refused(good);
    browser_.cookies.erase("_xsrf");
    refused(good);
}

TEST_F(LoginPagesTest, AnotherSitesFormLogsNobodyIn) {
    get(browser_, "/c/bio/hub/login");
    for (auto const& [name, value] : {std::pair("Origin", "https://evil.example"),
                                      {"Sec-Fetch-Site", "cross-site"},
                                      {"Sec-Fetch-Site", "same-site"}}) {
        auto elsewhere = browser_;
        elsewhere.headers.set(name, value);
        auto const answer = send(
            elsewhere, "POST", "/c/bio/hub/login",
            {{"username", "ada"}, {"password", "right"}, {"_xsrf", browser_.cookies["_xsrf"]}});
        EXPECT_EQ(answer.status, 403U) << name;
        EXPECT_FALSE(elsewhere.cookies.contains("carrel_session"));
    }
}

TEST_F(LoginPagesTest, NextIsFollowedWithinThisHubAlone) {
    EXPECT_EQ(place(log_in(browser_, "ada", "right", "/c/bio/user/ada/lab/tree/%C3%9C%20b?x=%2F")),
              "/c/bio/user/ada/lab/tree/%C3%9C%20b?x=%2F");
    for (auto const* const next :
         {"https://evil.example/", "//evil.example/", "/\\evil.example", "/%2Fevil.example",
          "/c/chem/hub/home", "/c/bio/hub/../../chem/", "/c/bio/hub/%2e%2e/%2e%2e/chem",
          "http://hub.example/c/bio/hub/home", "/", "/login", "/c/bio/hub/x\r\nSet-Cookie: a=b"}) {
        PageBrowser browser;
        EXPECT_THAT(get(browser, "/c/bio/hub/login?next=" + percent_encode(next)).body,
                    Not(HasSubstr("?next=")))
            << next;
        EXPECT_EQ(place(log_in(browser, "ada", "right", next)), "/c/bio/hub/spawn") << next;
        // Nor later, by whoever is logged in already.
        EXPECT_EQ(place(get(browser, "/c/bio/hub/login?next=" + percent_encode(next))),
                  "/c/bio/hub/spawn");
    }
}

TEST_F(LoginPagesTest, WhoseServerRunsIsLedThere) {
    start_server_of(ada_);
    EXPECT_EQ(place(log_in(browser_, "ada")), "/c/bio/user/ada/");
    EXPECT_EQ(place(get(browser_, "/c/bio/hub/")), "/c/bio/user/ada/");
    EXPECT_EQ(place(get(browser_, "/c/bio/hub/login")), "/c/bio/user/ada/");
}

TEST_F(LoginPagesTest, WhatIsNoSlugGetsIntoNoHeader) {
    for (auto const* const slug : {"b%0d%0aSet-Cookie:a", "b;x", "B%C3%9C", "%00"})
        EXPECT_EQ(get(browser_, fmt::format("/c/{}/hub/login", slug)).status, 404U) << slug;
    EXPECT_TRUE(browser_.cookies.empty());
    // A course that is not there looks like one that is.
    EXPECT_EQ(get(browser_, "/c/nothing/hub/login").status, 200U);
}

}  // namespace carrel::jupyterhub
