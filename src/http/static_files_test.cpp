#include "http/static_files.hpp"

#include <gtest/gtest.h>

#include <array>

namespace carrel::http {

namespace {

constexpr std::array<Asset, 4> assets{{
    {.path = "/index.html", .data = "<!doctype html>"},
    {.path = "/assets/app-1a2b.js", .data = "code"},
    {.path = "/assets/app-1a2b.js.gz", .data = "packed"},
    {.path = "/logo.svg", .data = "<svg/>", .etag = "\"given\""},
}};

Request get(std::string path, std::string accepted = {}) {
    return {
        .method = "GET", .target = path, .path = path, .headers = {{"Accept-Encoding", accepted}}};
}

TEST(StaticFiles, RevalidatesPagesAndKeepsHashedFilesForEver) {
    StaticFiles const files(assets);
    auto const page = files.find(get("/index.html"));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->body, "<!doctype html>");
    EXPECT_EQ(page->headers.get("content-type"), "text/html; charset=utf-8");
    EXPECT_EQ(page->headers.get("cache-control"), "no-cache");
    EXPECT_FALSE(page->headers.get("etag").empty());
    auto const script = files.find(get("/assets/app-1a2b.js"));
    ASSERT_TRUE(script);
    EXPECT_EQ(script->headers.get("cache-control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(files.find(get("/logo.svg"))->headers.get("etag"), "\"given\"");
}

TEST(StaticFiles, SendsTheCompressedVariantWhereItIsAccepted) {
    StaticFiles const files(assets);
    for (auto const* accepted : {"gzip", "br, GZIP;q=0.5", "deflate,gzip ; q=1"}) {
        auto const script = files.find(get("/assets/app-1a2b.js", accepted));
        EXPECT_EQ(script->body, "packed") << accepted;
        EXPECT_EQ(script->headers.get("content-encoding"), "gzip");
        EXPECT_EQ(script->headers.get("vary"), "Accept-Encoding");
        EXPECT_EQ(script->headers.get("content-type"), "text/javascript; charset=utf-8");
    }
    for (auto const* accepted : {"", "br", "gzip;q=0", "gzip;q=0.0", "x-gzip"})
        EXPECT_EQ(files.find(get("/assets/app-1a2b.js", accepted))->body, "code") << accepted;
}

TEST(StaticFiles, KnowsNothingElse) {
    StaticFiles const files(assets);
    for (auto const* path : {"/", "/index.htm", "/assets/../index.html", "/assets/", ""})
        EXPECT_FALSE(files.find(get(path))) << path;
    auto post = get("/index.html");
    post.method = "POST";
    EXPECT_FALSE(files.find(post));
    EXPECT_TRUE(files.page("/index.html", get("/courses/bio")));
}

}  // namespace

}  // namespace carrel::http
