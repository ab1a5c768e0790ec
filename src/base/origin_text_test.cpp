#include "base/origin_text.hpp"

#include <gtest/gtest.h>

namespace carrel {

TEST(OriginText, KnowsOriginsFromWhatLooksLikeThem) {
    for (auto const* origin : {"https://hub.test", "http://localhost:8000", "https://a-1.b:443"})
        EXPECT_TRUE(is_origin(origin)) << origin;
    for (auto const* text :
         {"", "hub.test", "ftp://hub.test", "https://", "https://a/", "https://A",
          "https://a:", "https://a:0", "https://a:99999", "https://a:x", "https://u@a",
          "https://a b", "https://.a", "https://a..b"})
        EXPECT_FALSE(is_origin(text)) << text;
}

TEST(OriginText, LeavesOutThePortThatGoesWithoutSaying) {
    EXPECT_EQ(without_usual_port("a.test:443", "https"), "a.test");
    EXPECT_EQ(without_usual_port("a.test:443", "http"), "a.test:443");
    EXPECT_EQ(without_usual_port("a.test:80", "http"), "a.test");
    EXPECT_EQ(without_usual_port("a.test:8443", "https"), "a.test:8443");
}

}  // namespace carrel
