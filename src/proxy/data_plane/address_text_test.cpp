#include "proxy/data_plane/address_text.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>

namespace carrel::proxy {
namespace {

std::string again(char const* text) {
    sockaddr_storage address = {};
    sockaddr_in v4 = {};
    sockaddr_in6 v6 = {};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        std::memcpy(&address, &v4, sizeof(v4));
    } else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        std::memcpy(&address, &v6, sizeof(v6));
    } else {
        address.ss_family = AF_UNIX;
    }
    return address_text(address);
}

TEST(AddressText, IsWhatPeopleWrite) {
    for (auto const* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "10.9.100.0", "2001:db8::1",
                             "::1", "fe80::1:2", "1:2:3:4:5:6:7:8"})
        EXPECT_EQ(again(text), text);
    EXPECT_EQ(again("::ffff:192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(again("a unix socket"), "");
}

}  // namespace
}  // namespace carrel::proxy
