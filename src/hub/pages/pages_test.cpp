#include "hub/pages/pages_fixture.hpp"

namespace carrel::jupyterhub {

using testing::HasSubstr;
using testing::StartsWith;

TEST_F(PagesTest, WhoIsNotLoggedInComesBackAfterwards) {
    PageBrowser browser;
    for (std::string const path :
         {"/c/bio/hub/", "/c/bio/hub/home", "/c/bio/hub/token", "/c/bio/hub/spawn/ada?next=%2Fx",
          "/c/bio/hub/spawn-pending/ada", "/c/bio/hub/user-redirect/lab",
          "/c/bio/hub/user/ada/lab?a=b", "/c/bio/hub/admin"}) {
        auto const answer = get(browser, path);
        EXPECT_EQ(answer.status, 302U) << path;
        EXPECT_EQ(place(answer), "/c/bio/hub/login?next=" + percent_encode(path));
    }
}

TEST_F(PagesTest, StrangersHaveNoAccess) {
    add_user("eve");
    auto eve = browser_of("eve");
    for (auto const* const path : {"/c/bio/hub/", "/c/bio/hub/home", "/c/bio/hub/user/ada/lab",
                                   "/c/bio/hub/spawn/ada", "/c/nothing/hub/home"})
        EXPECT_EQ(get(eve, path).status, 403U) << path;
}

TEST_F(PagesTest, AParticipantHasNothingToDoWithOthersServers) {
    start_server_of(ada_);
    auto bob = browser_of("bob");
    for (auto const* const path : {"/c/bio/hub/user/ada/lab", "/c/bio/hub/spawn/ada",
                                   "/c/bio/hub/spawn-pending/ada", "/c/bio/hub/user/nobody/"}) {
        auto const answer = get(bob, path);
        EXPECT_EQ(answer.status, 404U) << path;
    }
    EXPECT_EQ(get(bob, "/c/bio/hub/admin").status, 403U);
}

TEST_F(PagesTest, TheUiShowsWhatItHasPagesFor) {
    auto lea = browser_of("lea");
    for (auto const* const path : {"/c/bio/hub/home", "/c/bio/hub/token", "/c/bio/hub/admin"})
        EXPECT_EQ(get(lea, path).body, "the UI's /index.html") << path;
}

TEST_F(PagesTest, TheHubWithoutASlashKeepsItsQuery) {
    PageBrowser browser;
    auto const answer = get(browser, "/c/bio/hub?next=x");
    EXPECT_EQ(answer.status, 301U);
    EXPECT_EQ(place(answer), "/c/bio/hub/?next=x");
}

TEST_F(PagesTest, UserRedirectLeadsEverybodyToTheirOwnServer) {
    auto ada = browser_of("ada");
    auto const link = "/git-pull?repo=https%3A%2F%2Fexample.org%2Fx.git&urlpath=lab%2Ftree%2Fx%2F";
    auto const place_of = [&](std::string const& rest) {
        auto const answer = get(ada, "/c/bio/hub/user-redirect" + rest);
        return answer.status == 302 ? place(answer) : std::to_string(answer.status);
    };
    auto const spawn = [](std::string const& rest) {
        return "/c/bio/hub/spawn/ada?next=" + percent_encode("/c/bio/user/ada/" + rest);
    };
    EXPECT_EQ(place_of(link), spawn(std::string(link).substr(1)));
    EXPECT_EQ(place_of(""), spawn(""));
    EXPECT_EQ(place_of("/"), spawn(""));
    EXPECT_EQ(place_of("?reset"), spawn("?reset"));
    EXPECT_EQ(place_of("/a%20b/%C3%9C@x%2Fy"), spawn("a%20b/%C3%9C@x%2Fy"));
    auto const longest = "/" + std::string(255, 'n');
    EXPECT_EQ(place_of(longest), spawn(longest.substr(1)));
    for (auto const* const wrong : {"/../../chem", "/%2e%2e/%2e%2e/chem", "/a%2F..%2Fb", "//evil",
                                    "/%5Cx", "/a%0d%0aX", "/%zz"})
        EXPECT_EQ(place_of(wrong), "404") << wrong;
}

TEST_F(PagesTest, SpawnStartsAndLeadsOn) {
    auto ada = browser_of("ada");
    EXPECT_EQ(place(get(ada, "/c/bio/hub/spawn?next=%2Fc%2Fbio%2Fuser%2Fada%2Flab")),
              "/c/bio/user/ada/lab");
    EXPECT_EQ(record_of(ada_).state, ServerState::Running);
    // It runs: the link is good again, and leads nowhere else.
    EXPECT_EQ(place(get(ada, "/c/bio/hub/spawn/ada?next=https%3A%2F%2Fevil.example")),
              "/c/bio/user/ada/");
    EXPECT_EQ(place(get(ada, "/c/bio/hub/spawn-pending/ada")), "/c/bio/user/ada/");
}

TEST_F(PagesTest, LookingAheadStartsNothing) {
    auto ada = browser_of("ada");
    EXPECT_EQ(send(ada, "HEAD", "/c/bio/hub/spawn").status, 302U);
    ada.headers.set("Sec-Purpose", "prefetch;prerender");
    EXPECT_EQ(place(get(ada, "/c/bio/hub/spawn")),
              "/c/bio/hub/spawn-pending/ada?next=%2Fc%2Fbio%2Fuser%2Fada%2F");
    EXPECT_TRUE(spawner_.started.empty());
}

TEST_F(PagesTest, AnotherSitesLinkStartsOnesOwnServerAlone) {
    auto lea = browser_of("lea");
    lea.headers.set("Sec-Fetch-Site", "cross-site");
    auto const answer = get(lea, "/c/bio/hub/spawn/ada");
    EXPECT_THAT(place(answer), StartsWith("/c/bio/hub/spawn-pending/ada"));
    EXPECT_TRUE(spawner_.started.empty());
    EXPECT_EQ(get(lea, "/c/bio/hub/spawn-pending/ada").status, 424U);
    lea.headers.set("Sec-Fetch-Site", "same-origin");
    EXPECT_EQ(place(get(lea, "/c/bio/hub/spawn/ada")), "/c/bio/user/ada/");
    EXPECT_EQ(spawner_.started.size(), 1U);
}

TEST_F(PagesTest, AStartByFormNeedsItsValue) {
    auto ada = browser_of("ada");
    EXPECT_EQ(send(ada, "POST", "/c/bio/hub/spawn", {{"_xsrf", "guess"}}).status, 403U);
    EXPECT_TRUE(spawner_.started.empty());
    EXPECT_EQ(send(ada, "POST", "/c/bio/hub/spawn", {{"_xsrf", ada.cookies["_xsrf"]}}).status,
              302U);
    EXPECT_EQ(spawner_.started.size(), 1U);
}

TEST_F(PagesTest, AFailedStartSaysWhy) {
    auto ada = browser_of("ada");
    spawner_.fail_next({.explanation = "no <b>corn</b>", .log_tail = "the <last> words"});
    EXPECT_THAT(place(get(ada, "/c/bio/hub/spawn")), StartsWith("/c/bio/hub/spawn-pending/ada"));
    auto const answer = get(ada, "/c/bio/hub/spawn-pending/ada");
    EXPECT_EQ(answer.status, 500U);
    EXPECT_THAT(answer.body, HasSubstr("no &lt;b&gt;corn&lt;/b&gt;"));
    EXPECT_THAT(answer.body, HasSubstr("the &lt;last&gt; words"));
    auto const asked = get(ada, "/c/bio/hub/user/ada/lab");
    EXPECT_EQ(asked.status, 303U);
    EXPECT_EQ(place(asked), "/c/bio/hub/spawn-pending/ada?next=%2Fc%2Fbio%2Fuser%2Fada%2Flab");
}

TEST_F(PagesTest, AStoppedServersAddressLeadsToAPageWithAButton) {
    auto ada = browser_of("ada");
    auto const away = get(ada, "/c/bio/user/ada/lab/tree/a%2Fb?reset");
    EXPECT_EQ(away.status, 302U);
    EXPECT_EQ(place(away), "/c/bio/hub/user/ada/lab/tree/a%2Fb?reset");
    auto const answer = get(ada, place(away));
    EXPECT_EQ(answer.status, 424U);
    EXPECT_THAT(answer.body,
                HasSubstr("/c/bio/hub/spawn/ada?next=%2Fc%2Fbio%2Fuser%2Fada%2Flab%2Ftree%2Fa%252Fb"
                          "%3Freset"));
    EXPECT_EQ(place(get(ada, "/c/bio/user/ada/%2e%2e/%0d%0a")), "");
}

TEST_F(PagesTest, ProgramsHearThatItIsStopped) {
    auto ada = browser_of("ada");
    auto expect_told = [&](std::string const& method, std::string const& path) {
        auto const answer = send(ada, method, path);
        EXPECT_EQ(answer.status, 424U) << method << path;
        EXPECT_THAT(json::parse(answer.body).value("message", ""),
                    HasSubstr("Restart the server at http://hub.example/c/bio/hub/spawn/ada"));
    };
    expect_told("POST", "/c/bio/user/ada/api/kernels");
    expect_told("DELETE", "/c/bio/hub/user/ada/x");
    ada.headers.set("Accept", "*/*");
    expect_told("GET", "/c/bio/user/ada/api/status");
    ada.headers.set("Accept", "application/json");
    expect_told("GET", "/c/bio/user/ada/lab");
    auto bob = browser_of("bob");
    EXPECT_EQ(send(bob, "POST", "/c/bio/user/ada/api/kernels").status, 404U);
    PageBrowser nobody;
    EXPECT_EQ(send(nobody, "POST", "/c/bio/user/ada/api/kernels").status, 403U);
}

TEST_F(PagesTest, AServerBesideTheDefaultOneIsStartedByItsName) {
    auto ada = browser_of("ada");
    ServerOwner const gpu{course_, ada_, "gpu"};
    auto const server = await(servers_.start(gpu, "ada")).value();
    run_until([&] { return server->progress.latest().over(); });
    EXPECT_EQ(place(get(ada, "/c/bio/hub/user/ada/gpu/lab")),
              "/c/bio/user/ada/gpu/lab?redirects=1");
    ASSERT_TRUE(await(servers_.stop(gpu.key(), "ada", "server_stopped", "")));
    EXPECT_THAT(get(ada, "/c/bio/hub/user/ada/gpu/lab").body,
                HasSubstr("/c/bio/hub/spawn/ada/gpu?next=%2Fc%2Fbio%2Fuser%2Fada%2Fgpu%2Flab"));
    EXPECT_THAT(get(ada, "/c/bio/user/ada/gpu/api/status").body,
                HasSubstr("http://hub.example/c/bio/hub/spawn/ada/gpu"));
    EXPECT_EQ(place(get(ada, "/c/bio/hub/spawn/ada/gpu")), "/c/bio/user/ada/gpu/");
}

TEST_F(PagesTest, ARunningServerIsLedToAFewTimes) {
    start_server_of(ada_);
    auto ada = browser_of("ada");
    EXPECT_EQ(place(get(ada, "/c/bio/hub/user/ada/lab?a=b")),
              "/c/bio/user/ada/lab?a=b&redirects=1");
    auto const answer = get(ada, "/c/bio/hub/user/ada/lab?redirects=4");
    EXPECT_EQ(answer.status, 500U);
    EXPECT_THAT(answer.body, HasSubstr("Redirect loop detected."));
    // Whoever comes back has the routes looked at, in case the proxy forgot one.
    servers_.set_routes_uncertain(false);
    EXPECT_EQ(place(get(ada, "/c/bio/hub/user/ada/lab?redirects=1")),
              "/c/bio/user/ada/lab?redirects=2");
    EXPECT_TRUE(servers_.routes_uncertain());
}

TEST_F(PagesTest, WhatNeedsNobodyIsThere) {
    PageBrowser browser;
    for (auto const* const code : {"404", "503", "500"}) {
        auto const answer = get(browser, fmt::format("/c/bio/hub/error/{}?url=%2Fx", code));
        EXPECT_EQ(answer.status, 200U);
        EXPECT_THAT(answer.body, HasSubstr("<h1>"));
    }
    for (auto const* const code : {"0", "200", "x", "99999999999999999999"})
        EXPECT_EQ(get(browser, fmt::format("/c/bio/hub/error/{}", code)).status, 404U);
    EXPECT_EQ(get(browser, "/c/bio/hub/logo").body, "the UI's /favicon.svg");
    EXPECT_EQ(get(browser, "/c/bio/hub/static/favicon.ico").body, "the UI's /favicon.svg");
    EXPECT_EQ(get(browser, "/c/bio/hub/static/index.html").status, 404U);
    EXPECT_EQ(send(browser, "POST", "/c/bio/hub/security/csp-report", {{"a", "b"}}).status, 204U);
}

TEST_F(SlowPagesTest, AServerOnItsWayIsWatchedByTheUi) {
    auto ada = browser_of("ada");
    auto const server = await(servers_.start(server_of(ada_), "ada")).value();
    EXPECT_EQ(get(ada, "/c/bio/hub/spawn-pending/ada").body, "the UI's /index.html");
    EXPECT_EQ(place(get(ada, "/c/bio/hub/user/ada/lab")),
              "/c/bio/hub/spawn-pending/ada?next=%2Fc%2Fbio%2Fuser%2Fada%2Flab");
}

}  // namespace carrel::jupyterhub
