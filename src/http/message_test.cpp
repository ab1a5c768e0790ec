#include "http/message.hpp"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

namespace carrel::http {

namespace {

Request with_body(std::string body) {
    Request request;
    request.body = std::move(body);
    return request;
}

std::string nested(size_t levels) {
    return R"({"a":)" + std::string(levels, '[') + std::string(levels, ']') + "}";
}

TEST(Headers, AreFoundWithoutRegardToCase) {
    Headers headers{{"Content-Type", "a"}, {"X", "1"}, {"x", "2"}};
    EXPECT_EQ(headers.get("content-TYPE"), "a");
    EXPECT_EQ(headers.get("X"), "1");
    EXPECT_FALSE(headers.find("missing"));
    headers.set("x", headers.get("X"));
    EXPECT_EQ(std::distance(headers.begin(), headers.end()), 2);
    EXPECT_EQ(headers.get("x"), "1");
}

TEST(Request, DecodesItsQueryAsAForm) {
    Request request;
    request.target = "/x?a=1+2%2B3&b&c=%ZZ&a=later&d=%C3%A4#e=1";
    EXPECT_EQ(request.query("a"), "1 2+3");
    EXPECT_EQ(request.query("b"), "");
    EXPECT_EQ(request.query("c"), std::nullopt);
    EXPECT_EQ(request.query("d"), "ä");
    EXPECT_EQ(request.query("e"), std::nullopt);
}

TEST(Request, FindsACookieAmongOthers) {
    Request request;
    request.headers = {{"Cookie", "a=1; carrel_session=x=y ; c=\"quoted\""}, {"cookie", "d=4"}};
    EXPECT_EQ(request.cookie("carrel_session"), "x=y");
    EXPECT_EQ(request.cookie("c"), "quoted");
    EXPECT_EQ(request.cookie("d"), "4");
    EXPECT_EQ(request.cookie("session"), std::nullopt);
}

TEST(Request, TrustsOnlyTheLastForwardedAddress) {
    Request request;
    request.headers = {{"X-Forwarded-For", "1.2.3.4, 10.0.0.1"}, {"X-Forwarded-Proto", "https"}};
    EXPECT_EQ(request.client_address(), "10.0.0.1");
    EXPECT_TRUE(request.is_secure());
    EXPECT_EQ(Request().client_address(), "");
    EXPECT_FALSE(Request().is_secure());
}

TEST(Json, ReadsAnObject) {
    auto const json = with_body(R"({"name": "bio \"[[[[\" ä", "list": [1, 2]})").json();
    ASSERT_TRUE(json) << json.error().message;
    EXPECT_EQ((*json)["list"].size(), 2U);
}

TEST(Json, RefusesWhatIsNotAnObject) {
    for (auto const* body : {"", "[]", "1", "\"text\"", "null", " "}) {
        auto const json = with_body(body).json();
        ASSERT_FALSE(json) << body;
        EXPECT_EQ(json.error().code, Code::InvalidArgument);
    }
}

TEST(Json, RefusesDeepNestingBeforeItIsBuilt) {
    EXPECT_TRUE(with_body(nested(63)).json());
    for (auto const levels : {64U, 10'000U, 500'000U}) {
        auto const json = with_body(nested(levels)).json();
        ASSERT_FALSE(json);
        EXPECT_EQ(json.error().code, Code::InvalidArgument);
        EXPECT_NE(json.error().message.find("deeper than 64"), std::string::npos);
    }
    EXPECT_FALSE(with_body(std::string(1024 * 1024, '[')).json());
}

TEST(Json, SaysWhereItIsWrong) {
    auto const json = with_body("{\n  \"a\": 1,\n  \"b\": x\n}").json();
    ASSERT_FALSE(json);
    EXPECT_NE(json.error().message.find("line 3, column 8"), std::string::npos)
        << json.error().message;
}

TEST(Json, RefusesEveryTruncation) {
    std::string const whole = R"({"a": [1, {"b": "c\u00e4"}], "d": true})";
    ASSERT_TRUE(with_body(whole).json());
    for (size_t length = 0; length < whole.size(); ++length) {
        auto const json = with_body(whole.substr(0, length)).json();
        ASSERT_FALSE(json) << length;
        EXPECT_EQ(json.error().code, Code::InvalidArgument);
    }
}

TEST(Json, RefusesIllFormedText) {
    for (auto const* body : {"{\"a\": \"\xff\"}", "{\"a\": \"\xc0\xaf\"}", "{\"a\": 1e999}",
                             "{\"a\": 1} x", "{\"a\": \"\\ud800\"}", "{a: 1}"}) {
        auto const json = with_body(body).json();
        ASSERT_FALSE(json) << body;
        EXPECT_EQ(json.error().code, Code::InvalidArgument);
    }
}

TEST(Json, RefusesAKeyThatOccursTwice) {
    EXPECT_TRUE(with_body(R"({"a": {"x": 1}, "b": {"x": 1}})").json());
    EXPECT_FALSE(with_body(R"({"a": 1, "b": {"x": 1, "x": 2}})").json());
    EXPECT_FALSE(with_body(R"({"a": 1, "\u0061": 2})").json());
}

TEST(Json, ReadsAMebibyte) {
    auto const json = with_body("{\"a\": \"" + std::string(1024 * 1024, 'x') + "\"}").json();
    ASSERT_TRUE(json);
    EXPECT_EQ((*json)["a"].get_ref<std::string const&>().size(), 1024U * 1024U);
}

TEST(Response, JsonReplacesIllFormedText) {
    EXPECT_EQ(Response::json({{"a", "x\xff"}}).body, "{\"a\":\"x\xef\xbf\xbd\"}");
}

TEST(Response, CookiesCarryTheirAttributes) {
    Response response;
    set_cookie(response,
               {.name = "a", .value = "b", .path = "/c/", .lasts = Seconds(0), .secure = true});
    set_cookie(response, {.name = "d", .value = "e"});
    auto field = response.headers.begin();
    EXPECT_EQ(field->second, "a=b; Path=/c/; HttpOnly; SameSite=Lax; Max-Age=0; Secure");
    EXPECT_EQ((++field)->second, "d=e; Path=/; HttpOnly; SameSite=Lax");
}

}  // namespace

}  // namespace carrel::http
