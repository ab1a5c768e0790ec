#include "hub/pages/pages_fixture.hpp"

namespace carrel::jupyterhub {

using testing::HasSubstr;

TEST_F(RootPagesTest, WhoIsNotLoggedInComesBackAfterwards) {
    PageBrowser browser;
    EXPECT_EQ(place(get(browser, "/hub?a=b")), "/hub/?a=b");
    for (std::string const path : {"/hub/", "/hub/home", "/hub/spawn/ada?next=%2Fx",
                                   "/hub/user-redirect/lab", "/hub/user/ada/lab?a=b"})
        EXPECT_EQ(place(get(browser, path)), "/hub/login?next=" + percent_encode(path));
    EXPECT_EQ(place(get(browser, "/user/ada/lab?a=b")), "/hub/user/ada/lab?a=b");
    EXPECT_THAT(std::string(get(browser, "/hub/login").headers.get("Set-Cookie")),
                HasSubstr("; Path=/hub/;"));
}

TEST_F(RootPagesTest, LogInLeadsToPlacesOfThisHubAlone) {
    for (std::string const next : {"/c/chem/hub/home", "//evil.example/hub/", "/\\evil", "/courses",
                                   "/api/v1/me", "/user/../hub/", "/", "hub/home"}) {
        PageBrowser browser;
        EXPECT_EQ(place(log_in(browser, "ada", "right", next)), "/hub/spawn") << next;
    }
    PageBrowser browser;
    EXPECT_EQ(place(log_in(browser, "ada", "right", "/user/ada/lab?x=1")), "/user/ada/lab?x=1");
}

TEST_F(RootPagesTest, LinksLeadToTheOwnServer) {
    auto ada = browser_of("ada");
    EXPECT_EQ(place(get(ada, "/hub/user-redirect/git-pull?repo=https%3A%2F%2Fexample.org%2Fx")),
              "/hub/spawn/ada?next=" +
                  percent_encode("/user/ada/git-pull?repo=https%3A%2F%2Fexample.org%2Fx"));
    auto const stopped = get(ada, "/hub/user/ada/lab/tree/a%20b.ipynb?x=1");
    EXPECT_EQ(stopped.status, 424U);
    EXPECT_THAT(stopped.body, HasSubstr("/hub/spawn/ada?next=" +
                                        percent_encode("/user/ada/lab/tree/a%20b.ipynb?x=1")));
    EXPECT_EQ(place(get(ada, "/hub/spawn?next=%2Fuser%2Fada%2Flab")), "/user/ada/lab");
    EXPECT_EQ(place(get(ada, "/hub/user/ada/lab?x=1")), "/user/ada/lab?x=1&redirects=1");
    EXPECT_EQ(place(get(ada, "/hub/")), "/user/ada/");
}

TEST_F(RootPagesTest, AStoppedServerIsNamedAsItWasAskedFor) {
    auto ada = browser_of("ada");
    auto const answer = get(ada, "/user/ada/api/status");
    EXPECT_EQ(answer.status, 424U);
    EXPECT_THAT(answer.body, HasSubstr("no longer running at /user/ada/api/status. Restart the "
                                       "server at http://hub.example/hub/spawn/ada"));
}

}  // namespace carrel::jupyterhub
