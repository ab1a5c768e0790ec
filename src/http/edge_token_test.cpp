#include "http/edge_token.hpp"

#include "base/encoding.hpp"

#include <gtest/gtest.h>

namespace carrel::http {

namespace {

Time const now = Time(Seconds(1'800'000'000));
std::string const key(32, 'k');
EdgeToken const ada{.route = "/c/bio/user/ada",
                    .user = "ada",
                    .session = "s1",
                    .issued = now - Milliseconds(1),
                    .expires = now + Seconds(60)};

TEST(EdgeToken, ComesBackAsItWasSigned) {
    auto const token = verify_edge_token(sign_edge_token(ada, key), key, now);
    ASSERT_TRUE(token) << token.error().message;
    EXPECT_EQ(token->route, ada.route);
    EXPECT_EQ(token->user, ada.user);
    EXPECT_EQ(token->session, ada.session);
    EXPECT_EQ(token->issued, ada.issued);
    EXPECT_EQ(token->expires, ada.expires);
}

TEST(EdgeToken, IsRefusedWithAnyCharacterChanged) {
    auto const good = sign_edge_token(ada, key);
    for (size_t i = 0; i < good.size(); ++i) {
        for (char const c : {'A', 'B', '.', '\0', '='}) {
            if (good[i] == c) continue;
            auto bad = good;
            bad[i] = c;
            auto const token = verify_edge_token(bad, key, now);
            ASSERT_FALSE(token) << i;
            EXPECT_EQ(token.error().code, Code::Unauthenticated);
        }
        EXPECT_FALSE(verify_edge_token(good.substr(0, i), key, now));
    }
    EXPECT_FALSE(verify_edge_token(good + "A", key, now));
    EXPECT_FALSE(verify_edge_token(good + ".", key, now));
    EXPECT_FALSE(verify_edge_token(std::string(1'000'000, 'A'), key, now));
}

TEST(EdgeToken, IsRefusedUnderAnotherKey) {
    EXPECT_FALSE(verify_edge_token(sign_edge_token(ada, key), std::string(32, 'l'), now));
}

TEST(EdgeToken, EndsAtItsExpiry) {
    auto const text = sign_edge_token(ada, key);
    EXPECT_TRUE(verify_edge_token(text, key, ada.expires - Milliseconds(1)));
    EXPECT_FALSE(verify_edge_token(text, key, ada.expires));
}

TEST(EdgeToken, OfAnotherFormIsRefusedWithoutAThrow) {
    for (auto const* text : {"", ".", "a.b", "e30.e30", "....", "carrel_abc"})
        EXPECT_FALSE(verify_edge_token(text, key, now)) << text;
}

}  // namespace

}  // namespace carrel::http
