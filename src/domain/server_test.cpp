#include "domain/server.hpp"

#include <gtest/gtest.h>

namespace carrel {
namespace {

TEST(ServerName, IsAnyTextThatFitsIntoAnAddress) {
    for (std::string const name :
         {"gpu", "my second", "räume", "数値", "a@b", "...", "100%", "a;b", "x?y#z", "-", "~"})
        EXPECT_EQ(parse_server_name(name).value_or("refused"), name);
    EXPECT_TRUE(parse_server_name(std::string(255, 'x')));
}

TEST(ServerName, IsRefusedWhereAnAddressWouldMeanSomethingElse) {
    for (std::string const name : {"", ".", "..", "..;x", "a/b", "/", "a\\b", "\xff", "a\nb",
                                   "a\tb", "\x7f", "\xc2\x85", "lab", "api", "oauth_callback"}) {
        auto const parsed = parse_server_name(name);
        ASSERT_FALSE(parsed) << name;
        EXPECT_EQ(parsed.error().code, Code::InvalidArgument) << name;
    }
    EXPECT_FALSE(parse_server_name(std::string(256, 'x')));
    EXPECT_FALSE(parse_server_name(std::string("a\0b", 3)));
}

TEST(DisplayName, IsAnyTextThatCanBeSeen) {
    for (std::string const name :
         {"gpu", "Große Karte", "数値 2", "a/b", "..", "lab", "🚀 now", "é"})
        EXPECT_EQ(parse_server_display_name(name).value_or("refused"), name);
    std::string longest;
    for (int i = 0; i < 255; ++i) longest += "数";
    EXPECT_TRUE(parse_server_display_name(longest));
    EXPECT_FALSE(parse_server_display_name(longest + "数"));
}

TEST(DisplayName, HasNothingThatIsHiddenOrTurnsTheTextAroundIt) {
    for (std::string const name : {"", " a", "a ", "a  b", "a\tb", "a\nb", "\xff", "\x7f", "\u00a0",
                                   "a\u200bb", "\u202ea", "a\u2028b", "\ue000", "\ufeffa"}) {
        auto const parsed = parse_server_display_name(name);
        ASSERT_FALSE(parsed) << name;
        EXPECT_EQ(parsed.error().code, Code::InvalidArgument) << name;
    }
}

}  // namespace
}  // namespace carrel
