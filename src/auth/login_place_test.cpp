#include "auth/login_place.hpp"

#include <gtest/gtest.h>

namespace carrel {
namespace {

TEST(LoginPlace, TakesAnIpv6NetworkAsOneAddress) {
    EXPECT_EQ(address_key("2001:db8:1:2:3:4:5:6"), address_key("2001:db8:1:2:ffff::1"));
    EXPECT_NE(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:3::1"));
    EXPECT_EQ(address_key("::ffff:192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(address_key("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(address_key(""), "");
}

TEST(LoginPlace, NamesABrowserByNothingThatLetsAnybodyActAsIt) {
    auto const place = place_of_browser("the cookie");
    EXPECT_EQ(place, place_of_browser("the cookie"));
    EXPECT_EQ(place.find("the cookie"), std::string::npos);
    EXPECT_EQ(place_of_browser(""), "");
    EXPECT_EQ(place_of_address(""), "");
    EXPECT_NE(place_of_address("192.0.2.1"), place_of_browser("192.0.2.1"));
}

}  // namespace
}  // namespace carrel
