#include "hub/jupyterhub/xsrf.hpp"

#include <gtest/gtest.h>

namespace carrel::jupyterhub {

class XsrfTest : public testing::Test {
protected:
    http::Request with_cookie(std::string const& token) {
        return {.headers = {{"Cookie", "_xsrf=" + token}}};
    }

    ManualClock clock_{Time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21))};
    SystemRandom random_;
    LoginForms forms_{std::string(32, 'k'), clock_, random_};
};

TEST_F(XsrfTest, AFormOfThisBrowserAndHubIsGoodForAnHourFromAnyAddress) {
    auto const token = forms_.token_for({}, "bio");
    auto request = with_cookie(token);
    for (auto const* const address : {"192.0.2.1", "2001:db8::1"}) {
        request.headers.set("X-Forwarded-For", address);
        EXPECT_TRUE(forms_.check(request, token, "bio"));
    }
    clock_.advance(anonymous_xsrf_lasts - Seconds(1));
    EXPECT_TRUE(forms_.check(request, token, "bio"));
    clock_.advance(Seconds(1));
    EXPECT_FALSE(forms_.check(request, token, "bio"));
    EXPECT_NE(forms_.token_for(request, "bio"), token);
}

TEST_F(XsrfTest, NobodyElseMakesOne) {
    auto const token = forms_.token_for({}, "bio");
    EXPECT_FALSE(forms_.check(with_cookie(token), token, "chem"));
    EXPECT_FALSE(forms_.check({}, token, "bio"));
    EXPECT_FALSE(forms_.check(with_cookie(token), "", "bio"));
    EXPECT_FALSE(forms_.check(with_cookie(token), forms_.token_for({}, "bio"), "bio"));
    auto const later = std::to_string(clock_.now().time_since_epoch().count() / 1000 + 60);
    auto const now = token.substr(0, token.find('.'));
    for (auto const& forged :
         {std::string("x"), std::string("."), token.substr(0, token.size() - 1), token + "x",
          later + token.substr(now.size()), std::string(5000, 'x')})
        EXPECT_FALSE(forms_.check(with_cookie(forged), forged, "bio")) << forged;
    LoginForms const others(std::string(32, 'o'), clock_, random_);
    EXPECT_FALSE(others.check(with_cookie(token), token, "bio"));
}

TEST_F(XsrfTest, ASecondTabKeepsTheFormOfTheFirst) {
    auto const token = forms_.token_for({}, "bio");
    EXPECT_EQ(forms_.token_for(with_cookie(token), "bio"), token);
    EXPECT_NE(forms_.token_for(with_cookie(token), "chem"), token);
}

/// Calls of the API of "bio" with the cookie of a session whose CSRF token is "secret".
class ApiXsrf : public testing::Test {
protected:
    using Fields = std::vector<std::pair<std::string, std::string>>;
    Result<> call(std::string const& method, Fields const& fields, std::string const& query = "",
                  std::string const& body = "") {
        http::Request request{.method = method, .target = "/c/bio/hub/api/users" + query};
        request.headers.set("Host", "hub.example");
        for (auto const& [name, value] : fields) request.headers.set(name, value);
        request.body = body;
        return check_api_call("bio")(request, "secret");
    }
    std::string const token_ = xsrf_token("secret", "bio");
};

TEST_F(ApiXsrf, ReadingIsFreeForNavigationAndForOldBrowsersAlone) {
    EXPECT_TRUE(call("GET", {}));
    EXPECT_TRUE(call("HEAD", {{"Sec-Fetch-Mode", "navigate"}}));
    EXPECT_TRUE(call("GET", {{"Sec-Fetch-Mode", "no-cors"}, {"Sec-Fetch-Site", "same-origin"}}));
    EXPECT_FALSE(call("GET", {{"Sec-Fetch-Mode", "no-cors"}, {"Sec-Fetch-Site", "same-site"}}));
    EXPECT_FALSE(call("GET", {{"Sec-Fetch-Mode", "no-cors"}}));
    EXPECT_FALSE(call("GET", {{"Sec-Fetch-Mode", "same-origin"}}));
    auto const scripted =
        call("GET", {{"Sec-Fetch-Mode", "cors"}, {"Sec-Fetch-Site", "same-origin"}});
    ASSERT_FALSE(scripted);
    EXPECT_EQ(scripted.error().message, "'_xsrf' argument missing from GET");
    EXPECT_EQ(scripted.error().code, Code::PermissionDenied);
}

TEST_F(ApiXsrf, TheValueComesInAHeaderOrInTheQuery) {
    for (auto const* const name : {"X-XSRFToken", "X-CSRFToken", "X-CSRF-Token"})
        for (std::string const& value : {token_, std::string("secret")}) {
            EXPECT_TRUE(call("POST", {{name, value}, {"Content-Type", "application/json"}}));
            EXPECT_TRUE(call("GET", {{name, value}, {"Sec-Fetch-Mode", "cors"}}));
            EXPECT_FALSE(call("DELETE", {{name, value + "x"}}));
        }
    EXPECT_TRUE(call("DELETE", {}, "?_xsrf=" + token_));
    EXPECT_FALSE(call("DELETE", {}, "?_xsrf="));
    EXPECT_FALSE(call("PATCH", {}));
    EXPECT_FALSE(call("POST", {{"X-XSRFToken", xsrf_token("secret", "chem")}}));
    EXPECT_FALSE(call("POST", {{"X-XSRFToken", xsrf_token("other", "bio")}}));
}

TEST_F(ApiXsrf, AFormIsNoCallEvenWithTheValue) {
    for (auto const* const type :
         {"application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x",
          "application/jsonx", "x, application/json"})
        EXPECT_FALSE(call("POST", {{"Content-Type", type}, {"X-XSRFToken", token_}},
                          "?_xsrf=" + token_, "_xsrf=" + token_))
            << type;
    EXPECT_TRUE(call(
        "POST", {{"Content-Type", "Application/JSON; charset=utf-8"}, {"X-XSRFToken", token_}}));
    EXPECT_TRUE(call("POST", {{"X-XSRFToken", token_}}));
}

TEST_F(ApiXsrf, AnotherSiteMayNotEvenWithTheValue) {
    EXPECT_FALSE(call("POST", {{"X-XSRFToken", token_}, {"Origin", "https://evil.example"}}));
    EXPECT_FALSE(call("POST", {{"X-XSRFToken", token_}, {"Sec-Fetch-Site", "same-site"}}));
    EXPECT_TRUE(call("POST", {{"X-XSRFToken", token_}, {"Origin", "https://hub.example"}}));
}

TEST(PageXsrf, AFormOfAPageCarriesTheValue) {
    http::Request request{.method = "POST", .target = "/c/bio/hub/spawn"};
    auto const check = check_page("bio");
    EXPECT_FALSE(check(request, "secret"));
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    request.body = "_xsrf=" + xsrf_token("secret", "bio");
    EXPECT_TRUE(check(request, "secret"));
    EXPECT_FALSE(check(request, ""));
    request.headers.set("Sec-Fetch-Site", "same-site");
    EXPECT_FALSE(check(request, "secret"));
    request.headers.set("Sec-Fetch-Site", "same-origin");
    EXPECT_TRUE(check(request, "secret"));
    // Everybody could work out the value of a session that has none.
    request.body = "_xsrf=" + xsrf_token("", "bio");
    EXPECT_FALSE(check(request, ""));
    request.method = "GET";
    request.body.clear();
    request.headers.set("Sec-Fetch-Mode", "cors");
    EXPECT_TRUE(check(request, "secret"));
}

}  // namespace carrel::jupyterhub
