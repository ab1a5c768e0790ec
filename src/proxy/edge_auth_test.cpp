#include "proxy/edge_auth.hpp"

#include "proxy/message/cookies.hpp"

#include <gtest/gtest.h>

#include <string>

namespace carrel::proxy {
namespace {

constexpr int64_t now = 1'800'000'000'000;
std::string const key(32, 'k');

Time at(int64_t milliseconds) { return Time(Milliseconds(milliseconds)); }

http::EdgeToken ada() {
    return {.route = "/c/bio/user/ada",
            .user = "ada",
            .session = "s1",
            .issued = at(now - 1000),
            .expires = at(now + 60000)};
}

class EdgeAuthTest : public testing::Test {
protected:
    EdgeAuthTest() {
        route_.path = "/c/bio/user/ada";
        route_.login = "/c/bio/hub/enter";
    }
    EdgeAuth::Verdict decide(std::string const& fields, std::string const& method = "GET") {
        auto const bytes =
            method + " /c/bio/user/ada/ HTTP/1.1\r\nHost: carrel.example\r\n" + fields + "\r\n";
        RequestHead head;
        EXPECT_FALSE(parse(bytes, head));
        decision_ = auth_.decide(route_, head, now_);
        return decision_.verdict;
    }
    static std::string cookie(http::EdgeToken const& token) {
        return "Cookie: carrel_edge=" + sign_edge_token(token, key) + "\r\n";
    }
    static constexpr auto pass = EdgeAuth::Verdict::Pass;
    static constexpr auto forbid = EdgeAuth::Verdict::Forbid;
    static constexpr auto login = EdgeAuth::Verdict::Login;

    EdgeAuth auth_{key};
    Route route_;
    EdgeAuth::Decision decision_;
    int64_t now_ = now;
};

TEST_F(EdgeAuthTest, LetsPassWhoHasATokenForExactlyThisRoute) {
    EXPECT_EQ(decide(cookie(ada())), pass);
    EXPECT_FALSE(decision_.by_bearer);
    EXPECT_EQ(decide("Authorization: Bearer " + sign_edge_token(ada(), key) + "\r\n"), pass);
    EXPECT_TRUE(decision_.by_bearer);
    EXPECT_EQ(decision_.token->user, "ada");
    auto other = ada();
    for (auto const* path : {"/c/bio/user/bob", "/c/bio/user", "/c/bio/user/ada/x", "/"}) {
        other.route = path;
        EXPECT_EQ(decide(cookie(other)), forbid) << path;
    }
}

TEST_F(EdgeAuthTest, RefusesForgedExpiredAndMalformedTokens) {
    EXPECT_EQ(
        decide("Cookie: carrel_edge=" + sign_edge_token(ada(), std::string(32, 'x')) + "\r\n"),
        forbid);
    auto text = sign_edge_token(ada(), key);
    text[3] = text[3] == 'A' ? 'B' : 'A';
    EXPECT_EQ(decide("Cookie: carrel_edge=" + text + "\r\n"), forbid);
    EXPECT_EQ(decide("Cookie: carrel_edge=\r\n"), forbid);
    EXPECT_EQ(decide("Cookie: carrel_edge=a.b\r\n"), forbid);
    EXPECT_EQ(decide("Cookie: other=" + sign_edge_token(ada(), key) + "\r\n"), forbid);
    EXPECT_EQ(decide("Cookie: carrel_edge=" + std::string(5000, 'a') + "\r\n"), forbid);
}

TEST_F(EdgeAuthTest, ATokenThatWasVerifiedOnceStillExpires) {
    EXPECT_EQ(decide(cookie(ada())), pass);
    now_ += 60001;
    EXPECT_EQ(decide(cookie(ada())), forbid);
}

TEST_F(EdgeAuthTest, WithoutAKeyNobodyPasses) {
    EdgeAuth keyless("");
    RequestHead head;
    auto const bytes = "GET / HTTP/1.1\r\nHost: a\r\n" + cookie(ada()) + "\r\n";
    ASSERT_FALSE(parse(bytes, head));
    EXPECT_EQ(keyless.decide(route_, head, now).verdict, forbid);
}

TEST_F(EdgeAuthTest, FindsTheValidOneAmongPlantedCookies) {
    auto const value = sign_edge_token(ada(), key);
    EXPECT_EQ(decide("Cookie: carrel_edge=planted; carrel_edge=" + value + "\r\n"), pass);
    EXPECT_EQ(decide("Cookie: a=b\r\nCookie: carrel_edge=" + value + "\r\n"), pass);
}

TEST_F(EdgeAuthTest, SendsPagesToTheLoginAndRefusesEverythingElse) {
    EXPECT_EQ(decide("Accept: text/html,*/*\r\n"), login);
    EXPECT_EQ(decide("Accept: text/html\r\n", "HEAD"), login);
    EXPECT_EQ(decide("Accept: application/json\r\n"), forbid);
    EXPECT_EQ(decide("Accept: text/html\r\n", "POST"), forbid);
    EXPECT_EQ(decide("Accept: text/html\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"), forbid);
}

TEST_F(EdgeAuthTest, RefusesWhatAnotherSitesPageSends) {
    std::string const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    auto const own = cookie(ada());
    EXPECT_EQ(decide(own + "Origin: https://carrel.example\r\n", "POST"), pass);
    EXPECT_EQ(decide(own + upgrade + "Origin: http://carrel.example\r\n"), pass);
    EXPECT_EQ(decide(own + upgrade), pass);  // not a browser
    for (std::string const origin :
         {"https://evil.example", "null", "https://carrel.example.evil", "https://xcarrel.example",
          "https://carrel.example:8443", "carrel.example", ""}) {
        EXPECT_EQ(decide(own + "Origin: " + origin + "\r\n", "POST"), forbid) << origin;
        EXPECT_EQ(decide(own + upgrade + "Origin: " + origin + "\r\n"), forbid) << origin;
    }
    EXPECT_EQ(decide(own + "Sec-Fetch-Site: cross-site\r\n", "DELETE"), forbid);
    EXPECT_EQ(decide(own + upgrade + "Sec-Fetch-Site: Cross-Site\r\n"), forbid);
    EXPECT_EQ(decide(own + "Sec-Fetch-Site: same-origin\r\n", "PUT"), pass);
    EXPECT_EQ(decide(own + "Sec-Fetch-Site: cross-site\r\n"), pass);  // a link to a page
    // A program with a bearer token is nobody's page.
    EXPECT_EQ(decide("Authorization: Bearer " + sign_edge_token(ada(), key) +
                         "\r\nOrigin: https://evil.example\r\n",
                     "POST"),
              pass);
}

class RouteWithAnOrigin : public EdgeAuthTest {
protected:
    RouteWithAnOrigin() { route_.origin = "https://ada.carrel.example"; }

    /// What is said of a request to this host before anything else; Pass: nothing.
    EdgeAuth::Verdict ask(std::string const& host, std::string const& fields = {},
                          std::string const& method = "GET") {
        auto const bytes =
            method + " /c/bio/user/ada/ HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n";
        RequestHead head;
        EXPECT_FALSE(parse(bytes, head));
        auto const said = EdgeAuth::check_origin(route_, head);
        return said ? said->verdict : pass;
    }
    static std::string host_cookie(std::string const& value, std::string const& more = "_7") {
        return "Cookie: __Host-carrel_edge" + more + "=" + value + "\r\n";
    }
    static constexpr auto elsewhere = EdgeAuth::Verdict::Elsewhere;
};

TEST_F(RouteWithAnOrigin, IsReachedThereAlone) {
    for (auto const* host : {"ada.carrel.example", "ADA.carrel.example", "ada.carrel.example:443"})
        EXPECT_EQ(ask(host), pass) << host;
    for (auto const* host :
         {"carrel.example", "bob.carrel.example", "ada.carrel.example:8443", "ada.carrel.example.",
          "ada.carrel.example.evil", "xada.carrel.example", "ada.carrel.example:80", "127.0.0.1"}) {
        EXPECT_EQ(ask(host), forbid) << host;
        EXPECT_EQ(ask(host, "Accept: text/html\r\n"), elsewhere) << host;
        EXPECT_EQ(ask(host, "Accept: text/html\r\n", "POST"), forbid) << host;
        EXPECT_EQ(ask(host, "Accept: text/html\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"),
                  forbid)
            << host;
    }
    route_.origin = "http://ada.localhost:8000";
    EXPECT_EQ(ask("ada.localhost:8000"), pass);
    EXPECT_EQ(ask("ada.localhost"), forbid);
}

TEST_F(RouteWithAnOrigin, LetsPagesOfNeighboursOnlyLeadHere) {
    std::string const host = "ada.carrel.example";
    for (std::string const site : {"same-site", "cross-site", "Same-Site"}) {
        auto const from = "Sec-Fetch-Site: " + site + "\r\n";
        EXPECT_EQ(ask(host, from + "Sec-Fetch-Mode: navigate\r\n"), pass);
        EXPECT_EQ(ask(host, "Sec-Fetch-Mode: navigate\r\n" + from, "POST"), forbid);
        for (auto const* mode : {"no-cors", "cors", "websocket"})
            EXPECT_EQ(ask(host, from + "Sec-Fetch-Mode: " + mode + "\r\n"), forbid) << mode;
        EXPECT_EQ(ask(host, from), forbid);
    }
    for (auto const* site : {"same-origin", "none"})
        EXPECT_EQ(ask(host, "Sec-Fetch-Site: " + std::string(site) + "\r\nSec-Fetch-Mode: cors\r\n",
                      "PUT"),
                  pass);
}

TEST_F(RouteWithAnOrigin, TakesItsTokenOnlyFromACookieThatNoNeighbourCanSet) {
    auto const value = sign_edge_token(ada(), key);
    EXPECT_EQ(decide(host_cookie(value)), pass);
    EXPECT_EQ(decide(host_cookie(value, "")), pass);
    EXPECT_EQ(
        decide("Cookie: __Host-carrel_edge_1=planted; __Host-carrel_edge_2=" + value + "\r\n"),
        pass);
    EXPECT_EQ(decide("Cookie: carrel_edge=" + value + "\r\n"), forbid);
    EXPECT_EQ(decide("Cookie: __Secure-carrel_edge=" + value + "\r\n"), forbid);
    EXPECT_EQ(decide("Cookie: __host-carrel_edge=" + value + "\r\n"), forbid);
    route_.origin.clear();
    EXPECT_EQ(decide(host_cookie(value)), forbid);
}

TEST_F(EdgeAuthTest, RefusesRevokedSessionsUntilTheirTokensAreWorthlessAnyway) {
    EXPECT_EQ(decide(cookie(ada())), pass);
    auth_.revocations().add({.session = "s1", .until = now + 1000});
    EXPECT_EQ(decide(cookie(ada())), forbid);
    auto other = ada();
    other.session = "s2";
    EXPECT_EQ(decide(cookie(other)), pass);
    auth_.revocations().forget_before(now + 2000);
    EXPECT_EQ(decide(cookie(ada())), pass);
}

/// Looking at all of them each time, this would take minutes.
TEST(Revocations, CostTheSameHoweverManyThereAre) {
    Revocations revocations;
    constexpr int64_t many = 50000;
    for (int64_t i = 0; i < many; ++i) {
        revocations.forget_before(now + i);
        revocations.add({.session = std::to_string(i), .until = now + many / 2 + i});
    }
    EXPECT_GE(revocations.all().size(), many / 2);
    EXPECT_LT(revocations.all().size(), many);
    revocations.forget_before(now + 2 * many);
    EXPECT_TRUE(revocations.all().empty());
    revocations.add({.session = "again", .until = now + 2 * many});
    EXPECT_TRUE(revocations.refuses({.session = "again"}));
}

TEST_F(EdgeAuthTest, RefusesOfALoginThatGoesOnOnlyWhatWasIssuedSoFar) {
    auto later = ada();
    later.issued = at(now + 1);
    auto& revocations = auth_.revocations();
    revocations.add({.session = "s1", .issued_until = now, .until = now + 1000});
    EXPECT_EQ(decide(cookie(ada())), forbid);
    EXPECT_EQ(decide(cookie(later)), pass);
    // Ended for good is for good, whatever is said of it afterwards.
    revocations.add({.session = "s1", .until = now + 1000});
    EXPECT_EQ(decide(cookie(later)), forbid);
    revocations.add({.session = "s1", .issued_until = now, .until = now + 1000});
    EXPECT_EQ(decide(cookie(later)), forbid);
}

TEST_F(EdgeAuthTest, RefusesTokensOfAUserForARouteThatWereIssuedSoFar) {
    auth_.revocations().add(
        {.route = "/c/bio/user/ada", .user = "ada", .issued_until = now, .until = now + 1000});
    EXPECT_EQ(decide(cookie(ada())), forbid);
    auto later = ada();
    later.issued = at(now + 1);
    EXPECT_EQ(decide(cookie(later)), pass);
    auto other = ada();
    other.user = "leader";
    EXPECT_EQ(decide(cookie(other)), pass);
}

TEST(Cookies, TellsOursFromOthers) {
    for (auto const* name : {"carrel_edge", "carrel_session", "CARREL_x", "__Host-carrel_session",
                             "__secure-Carrel_x", "carrel_"})
        EXPECT_TRUE(is_own_cookie(name)) << name;
    for (auto const* name : {"carrel", "xcarrel_edge", "_xsrf", "__Host-x", ""})
        EXPECT_FALSE(is_own_cookie(name)) << name;
}

TEST(Cookies, LeavesOnlyForeignOnesInARequest) {
    BufferPool pool;
    auto const rest = [&](std::string_view cookie) {
        Buffer buffer;
        bool const any = append_foreign_cookies(buffer, pool, cookie);
        EXPECT_EQ(any, !buffer.empty());
        return std::string(buffer.view());
    };
    EXPECT_EQ(rest("a=b; carrel_edge=x; c=d"), "a=b; c=d");
    EXPECT_EQ(rest("carrel_edge=x;carrel_session=y"), "");
    EXPECT_EQ(rest(" a=b ;; c ; carrel_edge = x"), "a=b; c");
    EXPECT_EQ(rest("a=\"x; carrel_y=1\""), "a=\"x");
    EXPECT_EQ(rest(""), "");
}

TEST(Cookies, SeesThroughDisguisesInSetCookie) {
    for (auto const* value : {"carrel_edge=x; Path=/", "CARREL_edge=x", " carrel_edge = x",
                              "__Host-carrel_session=x; Secure", "carrel_edge", "=carrel_edge=x",
                              "= carrel_edge=x", "\tcarrel_session=x"})
        EXPECT_TRUE(sets_own_cookie(value)) << value;
    for (auto const* value : {"a=carrel_edge", "_xsrf=x; Path=/carrel_edge", "x", ""})
        EXPECT_FALSE(sets_own_cookie(value)) << value;
}

}  // namespace
}  // namespace carrel::proxy
