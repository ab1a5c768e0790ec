#include "proxy/route_table.hpp"

#include "proxy/message/path.hpp"

#include <gtest/gtest.h>

namespace carrel::proxy {
namespace {

RoutePointer route(std::string path) {
    auto result = std::make_shared<Route>();
    result->path = std::move(path);
    return result;
}

std::string found(RouteTable const& table, std::string_view path) {
    auto const* result = table.find(path);
    return result ? (*result)->path : "nothing";
}

TEST(RouteTable, FindsTheLongestPrefixAtWholeSegments) {
    RouteTable table;
    EXPECT_EQ(found(table, "/a"), "nothing");
    for (auto const* path : {"/", "/a", "/a/b/c", "/a/bb"}) table.put(route(path));
    EXPECT_EQ(found(table, "/"), "/");
    EXPECT_EQ(found(table, "/x/y"), "/");
    EXPECT_EQ(found(table, "/a"), "/a");
    EXPECT_EQ(found(table, "/a/"), "/a");
    EXPECT_EQ(found(table, "/ab"), "/");
    EXPECT_EQ(found(table, "/a/b"), "/a");
    EXPECT_EQ(found(table, "/a/b/c/d"), "/a/b/c");
    EXPECT_EQ(found(table, "/a/b/cd"), "/a");
    EXPECT_EQ(found(table, "/a/bb"), "/a/bb");
    // Empty segments are segments: they reach no route by a second name.
    EXPECT_EQ(found(table, "//a"), "/");
    EXPECT_EQ(found(table, "/a//b/c"), "/a");
}

TEST(RouteTable, RemovingARouteLeavesParentsAndChildren) {
    RouteTable table;
    for (auto const* path : {"/a", "/a/b", "/a/b/c"}) table.put(route(path));
    EXPECT_TRUE(table.remove("/a/b"));
    EXPECT_FALSE(table.remove("/a/b"));
    EXPECT_FALSE(table.remove("/z"));
    EXPECT_EQ(found(table, "/a/b"), "/a");
    EXPECT_EQ(found(table, "/a/b/c"), "/a/b/c");
    EXPECT_TRUE(table.remove("/a/b/c"));
    EXPECT_TRUE(table.remove("/a"));
    EXPECT_EQ(found(table, "/a/b/c"), "nothing");
    EXPECT_EQ(table.size(), 0U);
}

TEST(RouteTable, ReplacesARouteAtItsPath) {
    RouteTable table;
    table.put(route("/a"));
    auto const second = route("/a");
    table.put(second);
    EXPECT_EQ(*table.find("/a"), second);
    EXPECT_EQ(table.size(), 1U);
}

std::string decoded(std::string_view raw) {
    std::string storage;
    auto const path = decode_path(raw, storage);
    return path ? std::string(*path) : "refused";
}

TEST(Path, DecodesOnceAndRefusesWhatCouldMeanAnotherPath) {
    EXPECT_EQ(decoded("/c/b%40r"), "/c/b@r");
    EXPECT_EQ(decoded("/c%2Fd"), "/c/d");
    EXPECT_EQ(decoded("/%252e%252e/x"), "/%2e%2e/x");
    EXPECT_EQ(decoded("/a..b/.hidden/..."), "/a..b/.hidden/...");
    for (auto const* raw : {"/..", "/.", "/a/../b", "/a/./b", "/a/%2e%2e/b", "/a/.%2e", "/%2E/",
                            "/a%2f..%2fb", "/a/..;x/b", "/a/..%3bx", "/a/..%5cb", "/a%5c..%5cb",
                            "/a%5c.", "/%", "/%4", "/%zz", "/%00", "/a/%2e%2e%2fb"})
        EXPECT_EQ(decoded(raw), "refused") << raw;
}

TEST(Path, CutsTheRoutesPrefixOffTheRawTarget) {
    EXPECT_EQ(without_prefix("/a/b?c", "/"), "/a/b?c");
    EXPECT_EQ(without_prefix("/a%40/b?c", "/a@"), "/b?c");
    EXPECT_EQ(without_prefix("/a", "/a"), "");
    EXPECT_EQ(without_prefix("/a?x", "/a"), "?x");
    EXPECT_EQ(route_key("a/b/"), "/a/b");
    EXPECT_EQ(route_key("//"), "/");
}

TEST(Target, ParsesWhatRoutesPointTo) {
    auto const plain = Target::parse("http://127.0.0.1:8888/base/");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->path, "/base");
    EXPECT_EQ(plain->authority, "127.0.0.1:8888");
    auto const six = Target::parse("http://[::1]:8888");
    ASSERT_TRUE(six);
    EXPECT_EQ(six->addresses.front().get()->sa_family, AF_INET6);
    auto const socket = Target::parse("http+unix://%2Frun%2Fx.sock/p");
    ASSERT_TRUE(socket);
    EXPECT_EQ(socket->path, "/p");
    for (auto const* url : {"https://a", "ftp://a", "http://", "http://a:0", "http://a:99999",
                            "http://a:x", "http+unix://", "http+unix://%zz", "", "127.0.0.1:80"})
        EXPECT_FALSE(Target::parse(url)) << url;
    EXPECT_FALSE(Target::parse("http+unix://" + std::string(200, 'a')));
}

}  // namespace
}  // namespace carrel::proxy
