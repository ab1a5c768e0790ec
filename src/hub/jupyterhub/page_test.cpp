#include "hub/jupyterhub/page.hpp"

#include <gtest/gtest.h>

namespace carrel::jupyterhub {

using nlohmann::json;

namespace {

http::Request asked(std::string const& query, bool wrapped = true) {
    http::Request request{
        .method = "GET", .target = "/c/bio/hub/api/users" + query, .path = "/c/bio/hub/api/users"};
    request.headers.set("Host", "hub.test:8000");
    if (wrapped) request.headers.set("Accept", "application/jupyterhub-pagination+json");
    return request;
}

}  // namespace

TEST(HubPages, AreOfFiftyUnlessAskedForAndOfTwoHundredForOldClients) {
    EXPECT_EQ(read_page(asked(""), 200).value().limit, 50);
    EXPECT_EQ(read_page(asked("", false), 200).value().limit, 200);
    EXPECT_EQ(read_page(asked("?limit=7&offset=3"), 200).value().limit, 7);
    EXPECT_EQ(read_page(asked("?limit=7&offset=3"), 200).value().offset, 3);
    EXPECT_EQ(read_page(asked("?limit=100000"), 200).value().limit, 200);
    EXPECT_EQ(read_page(asked("?limit=100000"), 50'000).value().limit, 50'000);
    EXPECT_EQ(read_page(asked(""), 20).value().limit, 20);
    EXPECT_EQ(read_page(asked("", false), 50'000).value().limit, 50'000);
    EXPECT_EQ(read_page(asked("?limit=0"), 200).value().limit, 1);
    EXPECT_EQ(read_page(asked("?offset=-5"), 200).value().offset, 0);
    for (auto const* query : {"?limit=x", "?offset=1.5", "?limit=", "?limit=1&limit=2"})
        EXPECT_EQ(read_page(asked(query), 200).error().code, Code::InvalidArgument) << query;
}

TEST(HubPages, SayWhereTheNextOneIs) {
    auto const request = asked("?state=active&limit=2&name_filter=%C3%A4");
    auto const page = read_page(request, 200).value();
    auto const body = json::parse(page_answer(request, page, {1, 2}, 5).body);
    EXPECT_EQ(body["items"], (json{1, 2}));
    EXPECT_EQ(body["_pagination"]["total"], 5);
    EXPECT_EQ(body["_pagination"]["next"]["offset"], 2);
    EXPECT_EQ(body["_pagination"]["next"]["url"],
              "http://hub.test:8000/c/bio/hub/api/users?state=active&name_filter=%C3%A4&offset=2&"
              "limit=2");
    EXPECT_EQ(json::parse(page_answer(request, page, {1, 2}, 2).body)["_pagination"]["next"],
              nullptr);
}

TEST(HubPages, AfterTheFurthestOfAllThereIsNone) {
    auto const request = asked("?limit=200&offset=9223372036854775807");
    auto const page = read_page(request, 200).value();
    EXPECT_EQ(json::parse(page_answer(request, page, {}, 5).body)["_pagination"]["next"], nullptr);
}

TEST(HubPages, HandTheirEndOnToTheNextOne) {
    auto const request = asked("?after=old&sort=name");
    auto const page = read_page(request, 200).value();
    EXPECT_EQ(page.after, "old");
    EXPECT_EQ(
        json::parse(page_answer(request, page, {}, 51, "new").body)["_pagination"]["next"]["url"],
        "http://hub.test:8000/c/bio/hub/api/users?sort=name&offset=50&limit=50&after=new");
}

TEST(HubPages, AreBareListsWithoutThatAccept) {
    auto const request = asked("", false);
    EXPECT_EQ(page_answer(request, read_page(request, 200).value(), {1}, 1).body, "[1]");
}

}  // namespace carrel::jupyterhub
