#include "portal/openapi/openapi.hpp"

#include "portal/test_portal.hpp"

namespace carrel {
namespace {

class OpenApiTest : public ::testing::Test {
protected:
    /// Calls `look` with each operation and its path.
    template <class Look>
    void each_operation(Look&& look) {
        for (auto const& [path, operations] : portal_.document()["paths"].items())
            for (auto const& [method, operation] : operations.items())
                look(path, method, operation);
    }
    TestPortal portal_;
};

TEST_F(OpenApiTest, DescribesEveryRouteAndNothingElse) {
    std::set<std::string> registered;
    for (auto const& route : portal_.routes())
        if (route.pattern.starts_with("/api/v1"))
            registered.insert(to_lower(route.method) + " " + route.pattern);
    std::set<std::string> described;
    each_operation([&](auto const& path, auto const& method, auto const&) {
        described.insert(method + " " + path);
    });
    EXPECT_EQ(registered, described);
    EXPECT_GT(described.size(), 35U);
}

TEST_F(OpenApiTest, DeclaresEveryPathParameter) {
    each_operation([](std::string const& path, auto const& method, auto const& operation) {
        std::set<std::string> in_path;
        for (auto const part : split(path, '/'))
            if (part.starts_with('{')) in_path.emplace(part.substr(1, part.size() - 2));
        std::set<std::string> declared;
        for (auto const& parameter : operation.value("parameters", nlohmann::json::array()))
            if (parameter["in"] == "path") declared.insert(parameter["name"]);
        EXPECT_EQ(in_path, declared) << method << ' ' << path;
    });
}

TEST_F(OpenApiTest, GivesEveryOperationASuccessAndAProblem) {
    each_operation([](auto const& path, auto const& method, auto const& operation) {
        int successes = 0;
        int problems = 0;
        for (auto const& [status, response] : operation["responses"].items()) {
            if (status.starts_with("2")) ++successes;
            if (response.contains("content") &&
                response["content"].contains("application/problem+json"))
                ++problems;
        }
        // What goes by steps has two: done, and half done.
        auto const& responses = operation["responses"];
        bool const in_steps = responses.contains("200") && responses.contains("202");
        EXPECT_EQ(successes, in_steps ? 2 : 1) << method << ' ' << path;
        EXPECT_GT(problems, 0) << method << ' ' << path;
        EXPECT_FALSE(operation["summary"].template get<std::string>().empty());
    });
}

TEST_F(OpenApiTest, HasEverySchemaThatItRefersTo) {
    std::set<std::string> used;
    auto const collect = [&](auto const& self, nlohmann::json const& value) -> void {
        if (value.is_object() && value.contains("$ref") && value["$ref"].is_string())
            used.insert(value["$ref"].get<std::string>().substr(1));
        if (value.is_structured())
            for (auto const& member : value) self(self, member);
    };
    collect(collect, portal_.document());
    std::set<std::string> present;
    for (auto const& [name, schema] : portal_.document()["components"]["schemas"].items())
        present.insert("/components/schemas/" + name);
    EXPECT_EQ(used, present) << "none missing, none left over";
}

TEST_F(OpenApiTest, IsServedToEverybody) {
    auto const answer = portal_.call({}, "GET", "/openapi.json");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body["openapi"], "3.1.0");
    EXPECT_EQ(answer.body["info"]["version"], "1.2.3");
}

TEST(SchemaCheck, FindsWhatIsWrong) {
    auto const document = nlohmann::json::parse(R"({"components": {"schemas": {"A": {
        "type": "object", "required": ["x"], "additionalProperties": false,
        "properties": {"x": {"type": ["integer", "null"]}, "y": {"enum": ["a"]}}}}}})");
    nlohmann::json const schema = {{"$ref", "#/components/schemas/A"}};
    auto const count = [&](char const* text) {
        return SchemaCheck(document).problems(schema, nlohmann::json::parse(text)).size();
    };
    EXPECT_EQ(count(R"({"x": 1, "y": "a"})"), 0U);
    EXPECT_EQ(count(R"({"x": null})"), 0U);
    EXPECT_EQ(count(R"({"x": "1"})"), 1U);
    EXPECT_EQ(count(R"({"y": "b", "z": 1})"), 3U);
    EXPECT_EQ(count("[]"), 1U);
}

}  // namespace
}  // namespace carrel
