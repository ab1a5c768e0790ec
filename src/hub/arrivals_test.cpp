#include "hub/arrivals.hpp"

#include "base/encoding.hpp"

#include <gmock/gmock.h>
#include <boost/asio/co_spawn.hpp>

namespace carrel {

namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string const key(32, 'k');

class ArrivalsTest : public testing::Test {
protected:
    ArrivalsTest() {
        course_.request.slug = "bio";
        ada_.name = "ada";
        arrivals_.add_routes(router_);
    }
    void TearDown() override { pool_.join(); }

    /// Where ada's browser is sent with a right to the server `name` of hers.
    std::string sent(std::string const& next, std::string const& name = {}) {
        ServerOwner const server{course_, ada_, name};
        http::EdgeToken const right{.route = server.route(paths_),
                                    .user = "lea",
                                    .session = "s1",
                                    .issued = clock_.now(),
                                    .expires = clock_.now() + std::chrono::hours(1)};
        return std::string(arrivals_.send(right, server, next).headers.get("Location"));
    }
    /// What is answered to a browser at this address, which may be another host's.
    http::Response at(std::string const& address, std::string const& host = {}) {
        auto const start = address.find("://") + 3;
        auto const path = address.find('/', start);
        http::Request request{.method = "GET", .target = address.substr(path)};
        request.path = paths_.by_slug(request.sent_path());
        request.headers.set("Host", host.empty() ? address.substr(start, path - start) : host);
        http::Response answer;
        asio::co_spawn(context_, router_.handle(request),
                       [&](std::exception_ptr, http::Response done) { answer = std::move(done); });
        context_.restart();
        context_.run();
        return answer;
    }
    static bool lets_in(http::Response const& answer) {
        return !answer.headers.get("Set-Cookie").empty();
    }

    ManualClock clock_{Time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21))};
    asio::io_context context_{1};
    BlockingPool pool_{1};
    Origins const origins_{"https://hub.test", "people.test"};
    HubPaths paths_;
    Arrivals arrivals_{origins_, paths_, clock_, key};
    http::Router router_{pool_};
    Course course_;
    User ada_;
};

TEST_F(ArrivalsTest, ACodeBecomesACookieOfThatOriginAlone) {
    auto const address = sent("/c/bio/user/ada/lab?x=1");
    EXPECT_THAT(address, StartsWith("https://ada.people.test/c/bio/hub/arrive?code="));
    auto const answer = at(address);
    EXPECT_EQ(answer.status, 302U);
    EXPECT_EQ(answer.headers.get("Location"), "/c/bio/user/ada/lab?x=1");
    EXPECT_EQ(answer.headers.get("Referrer-Policy"), "no-referrer");
    std::string const cookie(answer.headers.get("Set-Cookie"));
    EXPECT_THAT(cookie, StartsWith("__Host-carrel_edge_"));
    EXPECT_THAT(cookie, HasSubstr("; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600; Secure"));
    auto const start = cookie.find('=') + 1;
    auto const token =
        http::verify_edge_token(cookie.substr(start, cookie.find(';') - start), key, clock_.now());
    ASSERT_TRUE(token);
    EXPECT_EQ(token->route, "/c/bio/user/ada");
    EXPECT_EQ(token->user, "lea");
}

TEST_F(ArrivalsTest, EveryServerHasACookieOfItsOwn) {
    auto const one = at(sent("/c/bio/user/ada/"));
    auto const other = at(sent("/c/bio/user/ada/my%20second/lab", "my second"));
    EXPECT_EQ(other.headers.get("Location"), "/c/bio/user/ada/my%20second/lab");
    auto const name_of = [](http::Response const& answer) {
        auto const cookie = answer.headers.get("Set-Cookie");
        return std::string(cookie.substr(0, cookie.find('=')));
    };
    EXPECT_TRUE(lets_in(one) && lets_in(other));
    EXPECT_NE(name_of(one), name_of(other));
}

TEST_F(ArrivalsTest, ACodeCountsOnceAndForHalfAMinute) {
    auto const address = sent("/c/bio/user/ada/");
    EXPECT_TRUE(lets_in(at(address)));
    auto const again = at(address);
    EXPECT_FALSE(lets_in(again));
    EXPECT_EQ(again.headers.get("Location"),
              "https://hub.test/c/bio/hub/enter?next=%2Fc%2Fbio%2Fuser%2Fada%2F");
    auto const late = sent("/c/bio/user/ada/");
    clock_.advance(Seconds(31));
    EXPECT_FALSE(lets_in(at(late)));
}

TEST_F(ArrivalsTest, ACodeIsForItsServerAndItsOriginOnly) {
    auto const address = sent("/c/bio/user/ada/");
    for (auto const* host : {"bob.people.test", "hub.test", "people.test", "ada.evil.test", ""})
        EXPECT_FALSE(lets_in(at(address, host[0] == '\0' ? "x" : host))) << host;
    auto const code = address.substr(0, address.find("&next="));
    for (auto const* next :
         {"", "/", "//evil.test/c/bio/user/ada/", "https://evil.test/", "/c/bio/user/bob/",
          "/c/bio/user/adam/", "/c/chem/user/ada/", "/c/bio/user/ada/../bob/", "/c/bio/hub/enter"})
        EXPECT_FALSE(lets_in(at(code + "&next=" + percent_encode(next)))) << next;
    EXPECT_TRUE(lets_in(at(address)));
}

TEST_F(ArrivalsTest, ACodeOpensNoRouteAndARightIsNoCode) {
    auto const address = sent("/c/bio/user/ada/");
    auto const start = address.find("code=") + 5;
    auto const code = percent_decode(address.substr(start, address.find('&') - start)).value();
    auto const read = http::verify_edge_token(code, key, clock_.now());
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->route.starts_with('/'));
    auto right = *read;
    right.route = "/c/bio/user/ada";
    auto const forged = "https://ada.people.test/c/bio/hub/arrive?code=" +
                        percent_encode(http::sign_edge_token(right, key)) +
                        "&next=%2Fc%2Fbio%2Fuser%2Fada%2F";
    EXPECT_FALSE(lets_in(at(forged)));
    auto const other_key = "https://ada.people.test/c/bio/hub/arrive?code=" +
                           percent_encode(http::sign_edge_token(*read, std::string(32, 'x'))) +
                           "&next=%2Fc%2Fbio%2Fuser%2Fada%2F";
    EXPECT_FALSE(lets_in(at(other_key)));
}

TEST_F(ArrivalsTest, ACodeForTheHubAtTheRootIsForItsServersOnly) {
    paths_ = HubPaths("bio");
    auto const address = sent("/user/ada/lab");
    EXPECT_THAT(address, StartsWith("https://ada.people.test/hub/arrive?code="));
    auto const code = address.substr(0, address.find("&next="));
    for (auto const* next : {"/c/bio/user/ada/lab", "/c/chem/user/ada/lab", "/user/bob/", "/hub/",
                             "//evil.test/user/ada/"})
        EXPECT_FALSE(lets_in(at(code + "&next=" + percent_encode(next)))) << next;
    auto const answer = at(address);
    EXPECT_EQ(answer.headers.get("Location"), "/user/ada/lab");
    EXPECT_TRUE(lets_in(answer));
}

class OwnOrigin : public testing::Test {
protected:
    static std::string said(std::string const& host, std::string const& target, bool page,
                            std::string const& method = "GET", Origins const& origins = two()) {
        http::Request request{.method = method, .target = target};
        request.path = target.substr(0, target.find('?'));
        request.headers.set("Host", host);
        if (page) request.headers.set("Accept", "text/html,*/*");
        auto const answer = redirect_to_own_origin(origins, request);
        if (!answer) return "here";
        auto const location = answer->headers.get("Location");
        return location.empty() ? std::to_string(answer->status) : std::string(location);
    }
    static Origins two() { return {"https://hub.test", "people.test"}; }
};

TEST_F(OwnOrigin, PersonsOriginsAnswerNothingOfThePortal) {
    for (auto const* host : {"ada.people.test", "nobody.people.test", "ADA.people.test:443"}) {
        EXPECT_EQ(said(host, "/api/v1/me", false), "404") << host;
        EXPECT_EQ(said(host, "/api/v1/session", false, "POST"), "404") << host;
        EXPECT_EQ(said(host, "/c/bio/hub/api/users", false), "404") << host;
        EXPECT_EQ(said(host, "/c/bio/hub/arrive", false, "POST"), "404") << host;
        EXPECT_EQ(said(host, "/c/bio/hub/arrive/x", false), "404") << host;
        EXPECT_EQ(said(host, "/c/bio/user/ada/api/status", false), "424") << host;
        EXPECT_EQ(said(host, "/courses?x=1", true), "https://hub.test/courses?x=1") << host;
        EXPECT_EQ(said(host, "/c/bio/user/ada/lab", true), "https://hub.test/c/bio/user/ada/lab");
        EXPECT_EQ(said(host, "/c/bio/hub/arrive?code=1", true), "here") << host;
    }
}

TEST_F(OwnOrigin, PagesOfThePortalAreOnItsOwn) {
    EXPECT_EQ(said("hub.test", "/", true), "here");
    EXPECT_EQ(said("hub.test", "/api/v1/me", false), "here");
    EXPECT_EQ(said("127.0.0.1:8000", "/login", true), "https://hub.test/login");
    EXPECT_EQ(said("127.0.0.1:8000", "/readyz", false), "here");
    EXPECT_EQ(said("people.test", "/", true), "https://hub.test/");
    EXPECT_EQ(said("127.0.0.1:8000", "/login", true, "GET", {}), "here");
}

}  // namespace

}  // namespace carrel
