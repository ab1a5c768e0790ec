#include "hub/pages/next_path.hpp"

#include <gtest/gtest.h>

namespace carrel::jupyterhub {

constexpr std::string_view base = "/c/bio/";

TEST(NextPath, PlacesOfTheHubAndItsServersAreFollowed) {
    for (std::string_view const next :
         {"/c/bio/hub", "/c/bio/hub/", "/c/bio/hub/spawn/ada?next=%2Fx", "/c/bio/user/ada/",
          "/c/bio/user/ada/lab/tree/a%20b%2Fc.ipynb?reset#cell", "/c/bio/user/a@b/x",
          "/c/bio/hub/user-redirect/git-pull?repo=https%3A%2F%2Fexample.org%2F..%2Fx",
          "/c/bio/user/ada/%C3%9Cbung", "/c/bio/user/ada/Übung 1", "/c/bio/user/"})
        EXPECT_TRUE(is_place_in(next, base)) << next;
    EXPECT_TRUE(is_place_in("/c/bio/user/ada/" + std::string(255, 'x'), base));
}

TEST(NextPath, NothingElseIs) {
    for (std::string_view const next : {"",
                                        "/",
                                        "//evil.example/c/bio/hub/",
                                        "/\\evil.example/c/bio/hub/",
                                        "\\\\evil.example",
                                        "https://evil.example/c/bio/hub/",
                                        "https:/c/bio/hub/",
                                        "javascript:alert(1)",
                                        "c/bio/hub/",
                                        " /c/bio/hub/",
                                        "\t/c/bio/hub/",
                                        "/%2Fevil.example/",
                                        "//evil/hub/home",
                                        "/\\evil/hub/home",
                                        "/c/bio",
                                        "/c/bio/",
                                        "/c/bio/other",
                                        "/c/biology/hub/",
                                        "/c/chem/hub/",
                                        "/c/bio/../chem/hub/",
                                        "/c/bio/hub/../../chem/",
                                        "/c/bio/hub/%2e%2e/%2E%2e/chem/",
                                        "/c/bio/hub/..%2F..%2Fchem",
                                        "/c/bio/hub/a%2F..%2F..",
                                        "/c/bio/hub/a%5C..%5Cb",
                                        "/c/bio/hub/a\\b",
                                        "/c/bio/hub//evil.example",
                                        "/c/bio//evil.example",
                                        "/c/bio/user/ada/./x",
                                        "/c/bio/user/ada%2Fx/lab",
                                        "/c/bio/user/ada/%2F",
                                        "/c/bio/user/ada/a%0d%0aX: y",
                                        "/c/bio/user/ada/a\r\nX: y",
                                        "/c/bio/hub/home?a=b\r\nX: y",
                                        "/c/bio/user/ada/%00",
                                        "/c/bio/user/ada/%",
                                        "/c/bio/user/ada/%zz",
                                        "/api/v1/me",
                                        "/login"})
        EXPECT_FALSE(is_place_in(next, base)) << next;
}

TEST(NextPath, AHubAtTheRootHasNoPlacesInThePortal) {
    EXPECT_TRUE(is_place_in("/hub/home", "/"));
    EXPECT_TRUE(is_place_in("/user/ada/lab", "/"));
    for (std::string_view const next : {"/", "//evil.example", "//hub/home", "/courses/bio",
                                        "/c/bio/hub/home", "/api/v1/me", "/hubs", "/hub\\x"})
        EXPECT_FALSE(is_place_in(next, "/")) << next;
}

TEST(NextPath, WhatNoHeaderMayHaveIsEscaped) {
    EXPECT_EQ(place_in("/c/bio/user/ada/Übung 1\"x", base, "/"),
              "/c/bio/user/ada/%C3%9Cbung%201%22x");
    EXPECT_EQ(place_in("/c/bio/user/ada/a%20b?q=%2F", base, "/"), "/c/bio/user/ada/a%20b?q=%2F");
    EXPECT_EQ(place_in("//evil.example", base, "/c/bio/hub/spawn"), "/c/bio/hub/spawn");
}

TEST(NextPath, TheRestOfATargetIsAsItWasSent) {
    EXPECT_EQ(rest_of("/c/bio/hub/user-redirect/a%20b/c%2Fd?q=1&r=%2F", 4),
              "a%20b/c%2Fd?q=1&r=%2F");
    EXPECT_EQ(rest_of("/c/bio/hub/user-redirect/", 4), "");
    EXPECT_EQ(rest_of("/c/bio/hub/user-redirect", 4), "");
    EXPECT_EQ(rest_of("/c/bio/hub/user-redirect?x", 4), "?x");
    EXPECT_EQ(rest_of("/hub/user-redirect/lab", 2), "lab");
}

}  // namespace carrel::jupyterhub
