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

}  // namespace
}  // namespace carrel
