#include "domain/hub_paths.hpp"

#include <gtest/gtest.h>

namespace carrel {

TEST(HubPaths, AreBelowTheSlugOfTheCourse) {
    HubPaths const paths;
    EXPECT_EQ(paths.base("bio"), "/c/bio/");
    EXPECT_EQ(paths.hub("bio"), "/c/bio/hub/");
    EXPECT_EQ(paths.server("bio", "ada", ""), "/c/bio/user/ada/");
    EXPECT_EQ(paths.server("bio", "a@b", "räume 2/x"), "/c/bio/user/a@b/r%C3%A4ume%202%2Fx/");
    EXPECT_EQ(paths.callback("bio", "ada", "gpu"), "/c/bio/user/ada/gpu/oauth_callback");
    EXPECT_EQ(paths.service("bio", "cull"), "/c/bio/services/cull/");
    EXPECT_EQ(escape_name("a/b c@d~e.f_g-h\u00e9"), "a%2Fb%20c@d~e.f_g-h%C3%A9");
}

TEST(HubPaths, OfOneCourseAreThoseOfAJupyterHub) {
    HubPaths const paths("bio");
    EXPECT_EQ(paths.base("bio"), "/");
    EXPECT_EQ(paths.hub("bio"), "/hub/");
    EXPECT_EQ(paths.server("bio", "ada", ""), "/user/ada/");
    EXPECT_EQ(paths.callback("bio", "ada", "gpu"), "/user/ada/gpu/oauth_callback");
    EXPECT_EQ(paths.service("bio", "cull"), "/services/cull/");
    for (auto const* const other : {"chem", "bio2", "bi", ""})
        EXPECT_EQ(paths.base(other), "/c/" + std::string(other) + "/");
}

TEST(HubPaths, ARequestAtTheRootIsForThatCourse) {
    HubPaths const paths("bio");
    EXPECT_EQ(paths.by_slug("/hub"), "/c/bio/hub");
    EXPECT_EQ(paths.by_slug("/hub/api/users"), "/c/bio/hub/api/users");
    EXPECT_EQ(paths.by_slug("/user/ada/lab"), "/c/bio/user/ada/lab");
    EXPECT_EQ(paths.by_slug("/services/cull/"), "/c/bio/services/cull/");
    // Everything else is the portal's, or another hub's.
    for (auto const* const path :
         {"/", "", "/api/v1/me", "/users", "/user", "/services", "/hubs/x", "/assets/hub/x",
          "/c/chem/hub/api", "/c/bio/hub/api", "/courses/bio", "//hub/", "/HUB/"}) {
        EXPECT_EQ(paths.by_slug(path), path);
        EXPECT_EQ(HubPaths().by_slug(path), path);
    }
    EXPECT_EQ(HubPaths().by_slug("/hub/home"), "/hub/home");
}

TEST(HubPaths, KnowWhereTheRootHubHasGone) {
    HubPaths const paths("bio");
    EXPECT_EQ(paths.at_root("/c/bio/hub/home?x=/c/bio/hub"), "/hub/home?x=/c/bio/hub");
    EXPECT_EQ(paths.at_root("/c/bio/hub?x"), "/hub?x");
    EXPECT_EQ(paths.at_root("/c/bio/user/ada/lab"), "/user/ada/lab");
    EXPECT_EQ(paths.at_root("/c/bio/user/ada/my second"), "/user/ada/my second");
    // "/c/bio/" itself leads to the course's page, and nothing may become another site's address.
    for (auto const* const target :
         {"/c/bio", "/c/bio/", "/c/bio//evil.example/hub/", "/c/bio/\\evil", "/c/biology/hub/",
          "/c/chem/hub/", "/hub/", "/", "", "/c/bio?/hub/", "/c/bio/x/hub/"})
        EXPECT_EQ(paths.at_root(target), std::nullopt) << target;
    EXPECT_EQ(HubPaths().at_root("/c/bio/hub/"), std::nullopt);
    EXPECT_EQ(HubPaths().at_root("/c//hub/"), std::nullopt);
}

}  // namespace carrel
