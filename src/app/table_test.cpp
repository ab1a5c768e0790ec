#include "app/table.hpp"

#include "app/api_access.hpp"

#include <gtest/gtest.h>

namespace carrel {

TEST(Table, AlignsItsColumnsByCharacters) {
    Table table({"NAME", "STATE"});
    table.add({"\u00e4\u00f6\u00fc", "deployed"});
    table.add({"biology", ""});
    EXPECT_EQ(table.text(), "NAME     STATE\n\u00e4\u00f6\u00fc      deployed\nbiology\n");
}

TEST(Table, ShowsControlCharactersInsteadOfObeyingThem) {
    Table table({"NAME"});
    table.add({"\x1b[31mred"});
    EXPECT_EQ(table.text().find('\x1b'), std::string::npos);
}

TEST(LocalUrl, IsWhereAProgramOnThisMachineAsks) {
    auto const url = [](std::string ip) {
        Settings settings;
        settings.server.ip = std::move(ip);
        settings.server.port = 8123;
        return local_url(settings);
    };
    EXPECT_EQ(url("0.0.0.0"), "http://127.0.0.1:8123");
    EXPECT_EQ(url("::"), "http://[::1]:8123");
    EXPECT_EQ(url("192.0.2.7"), "http://192.0.2.7:8123");
}

}  // namespace carrel
