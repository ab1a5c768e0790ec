#include "http/router.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

namespace carrel::http {

namespace {

class RouterTest : public testing::Test {
protected:
    /// A route that answers with its pattern and parameters.
    void add(std::string method, std::string pattern) {
        router.add_blocking(method, pattern, [=](Request& request) -> Result<Response> {
            auto text = method + " " + pattern;
            for (auto const& [name, value] : request.parameters)
                text += fmt::format(" {}={}", name, value);
            return Response::text(text);
        });
    }

    Response ask(std::string method, std::string path) {
        Request request{.method = std::move(method), .target = path, .path = path, .id = "id"};
        asio::io_context io;
        auto answer = asio::co_spawn(io, router.handle(request), asio::use_future);
        io.run();
        return answer.get();
    }
    std::string get(std::string path) {
        auto const response = ask("GET", std::move(path));
        return response.status == 200 ? response.body : std::to_string(response.status);
    }

    BlockingPool pool{1};
    Router router{pool};
};

TEST_F(RouterTest, PrefersLiteralsAndDecodesParameters) {
    add("GET", "/courses/{slug}");
    add("GET", "/courses/new");
    add("GET", "/courses/{slug}/people/{user}");
    EXPECT_EQ(get("/courses/new"), "GET /courses/new");
    EXPECT_EQ(get("/courses/bio%20%C3%A4"), "GET /courses/{slug} slug=bio ä");
    EXPECT_EQ(get("/courses/new/people/ada"),
              "GET /courses/{slug}/people/{user} slug=new user=ada");
    EXPECT_EQ(get("/courses"), "404");
    EXPECT_EQ(get("/courses/"), "404");
}

TEST_F(RouterTest, AnEncodedSlashMakesNoNewSegment) {
    add("GET", "/users/{name}");
    add("GET", "/users/{name}/token");
    add("GET", "/files/{rest...}");
    EXPECT_EQ(get("/users/a%2Ftoken"), "GET /users/{name} name=a/token");
    EXPECT_EQ(get("/files/a/b%20c"), "GET /files/{rest...} rest=a/b c");
    EXPECT_EQ(get("/files/a%2Fb"), "404");
}

TEST_F(RouterTest, DotsAndEmptySegmentsMatchNothing) {
    add("GET", "/a/{b}/c");
    add("GET", "/{rest...}");
    for (auto const* path : {"/a/../c", "/a/%2e%2E/c", "/a/./c", "/a/%2e/c", "/a//c", "//a",
                             "/x/..", "/a/%00/c", "/a/%/c", "/a/%4/c", "a/b/c", "", "*"})
        EXPECT_EQ(get(path), "404") << path;
    EXPECT_EQ(get("/a/.../c"), "GET /a/{b}/c b=...");
}

TEST_F(RouterTest, ATrailingSlashIsAnotherPath) {
    add("GET", "/c/{slug}/");
    add("GET", "/c/{slug}/hub/{rest...}");
    EXPECT_EQ(get("/c/bio/"), "GET /c/{slug}/ slug=bio");
    EXPECT_EQ(get("/c/bio"), "404");
    EXPECT_EQ(get("/c/bio/hub/"), "GET /c/{slug}/hub/{rest...} rest= slug=bio");
    EXPECT_EQ(get("/c/bio/hub"), "404");
}

TEST_F(RouterTest, TheRestMatchesTheRootToo) {
    add("GET", "/{rest...}");
    add("GET", "/api/v1/{what}");
    EXPECT_EQ(get("/"), "GET /{rest...} rest=");
    EXPECT_EQ(get("/api/v1/me"), "GET /api/v1/{what} what=me");
    EXPECT_EQ(get("/api/v1/me/more"), "GET /{rest...} rest=api/v1/me/more");
}

TEST_F(RouterTest, SaysWhichMethodsAPathTakes) {
    add("GET", "/x/{a}");
    add("PUT", "/x/{a}");
    add("DELETE", "/x/y");
    EXPECT_EQ(ask("PUT", "/x/y").body, "PUT /x/{a} a=y");
    EXPECT_EQ(ask("HEAD", "/x/z").body, "GET /x/{a} a=z");
    auto const response = ask("POST", "/x/z");
    EXPECT_EQ(response.status, 405U);
    EXPECT_EQ(response.headers.get("allow"), "GET, HEAD, PUT");
    EXPECT_EQ(response.headers.get("content-type"), "application/problem+json");
    EXPECT_EQ(ask("get", "/x/z").status, 405U);  // methods are case-sensitive
}

TEST_F(RouterTest, TurnsErrorsIntoProblems) {
    router.add_blocking("GET", "/field", [](Request&) -> Result<Response> {
        return fail_field("slug", "it is taken");
    });
    router.add_blocking("GET", "/secret", [](Request&) -> Result<Response> {
        return fail(Code::Internal, "the password is 123");
    });
    router.add("GET", "/throws", [](Request&) -> Task<Response> {
        throw std::runtime_error("boom");
        co_return Response();
    });
    auto const problem = nlohmann::json::parse(ask("GET", "/field").body);
    EXPECT_EQ(problem["type"], "urn:carrel:problem:invalid_argument");
    EXPECT_EQ(problem["status"], 400);
    EXPECT_EQ(problem["field"], "slug");
    EXPECT_EQ(problem["detail"], "it is taken");
    EXPECT_EQ(problem["request"], "id");
    auto const internal = ask("GET", "/secret");
    EXPECT_EQ(internal.status, 500U);
    EXPECT_EQ(internal.body.find("123"), std::string::npos);
    EXPECT_EQ(ask("GET", "/throws").status, 500U);
}

TEST_F(RouterTest, ListsItsRoutesInOrder) {
    add("POST", "/b");
    add("GET", "/a");
    ASSERT_EQ(router.routes().size(), 2U);
    EXPECT_EQ(router.routes()[0].pattern, "/b");
    EXPECT_THROW(add("GET", "/a"), std::logic_error);
}

}  // namespace

}  // namespace carrel::http
