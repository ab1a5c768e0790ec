#include "portal/openapi/openapi.hpp"

#include "auth/csrf.hpp"
#include "base/text.hpp"

#include <set>

namespace carrel {

using nlohmann::json;

namespace {

json reference(std::string_view schema) {
    return {{"$ref", fmt::format("#/components/schemas/{}", schema)}};
}

/// "Course[]" is a page of courses.
json schema_of(std::string_view name) {
    if (!name.ends_with("[]")) return reference(name);
    name.remove_suffix(2);
    json const properties = {{"items", {{"type", "array"}, {"items", reference(name)}}},
                             {"next", {{"type", {"string", "null"}}}}};
    return {{"type", "object"},
            {"properties", properties},
            {"required", {"items", "next"}},
            {"additionalProperties", false}};
}

json query_parameter(std::string_view name, json schema, std::string_view description) {
    return {{"name", name},
            {"in", "query"},
            {"required", false},
            {"description", description},
            {"schema", std::move(schema)}};
}

json parameters_of(Call const& call) {
    auto parameters = json::array();
    for (auto const segment : split(call.path, '/'))
        if (segment.starts_with('{'))
            parameters.push_back({{"name", segment.substr(1, segment.size() - 2)},
                                  {"in", "path"},
                                  {"required", true},
                                  {"schema", {{"type", "string"}}}});
    for (auto const& name : call.query)
        parameters.push_back(query_parameter(name, {{"type", "string"}}, "narrows the answer"));
    if (call.gives.ends_with("[]")) {
        parameters.push_back(query_parameter(
            "limit", {{"type", "integer"}, {"minimum", 1}, {"maximum", 200}, {"default", 50}},
            "how many items at most"));
        parameters.push_back(query_parameter("after", {{"type", "string"}},
                                             "the `next` of the page before this one"));
    }
    return parameters;
}

/// What can go wrong with any call of this shape, and what the call adds.
std::set<unsigned> problems_of(Call const& call) {
    std::set<unsigned> problems(call.problems.begin(), call.problems.end());
    problems.insert({500, 503});
    if (call.scope) problems.insert({401, 403});
    if (is_unsafe(call.method)) problems.insert({400, 403});
    if (!call.query.empty() || call.gives.ends_with("[]")) problems.insert(400);
    return problems;
}

json success_of(Call const& call) {
    json response = {{"description", call.status == 204 ? "Done" : "The answer"}};
    if (!call.gives.empty())
        response["content"]["application/json"]["schema"] = schema_of(call.gives);
    if (!call.also_gives.empty())
        response["content"][call.also_gives]["schema"] = {{"type", "string"}};
    return response;
}

json responses_of(Call const& call) {
    json responses = {{std::to_string(call.status), success_of(call)}};
    if (!call.gives_halfway.empty())
        responses["202"] = {
            {"description", "More is to be done"},
            {"content", {{"application/json", {{"schema", reference(call.gives_halfway)}}}}}};
    for (auto const status : problems_of(call))
        responses[std::to_string(status)] = {
            {"description", "A problem (RFC 9457)"},
            {"content", {{"application/problem+json", {{"schema", reference("Problem")}}}}}};
    return responses;
}

json security_of(Call const& call) {
    if (!call.scope) return json::array();
    auto const scope = name_of(*call.scope);
    return json::array({{{"token", {scope}}}, {{"session", json::array()}}});
}

json operation_of(Call const& call) {
    json operation = {{"summary", call.summary},
                      {"tags", {call.topic}},
                      {"security", security_of(call)},
                      {"responses", responses_of(call)}};
    auto parameters = parameters_of(call);
    if (!parameters.empty()) operation["parameters"] = std::move(parameters);
    if (!call.takes.empty())
        operation["requestBody"] = {
            {"required", true},
            {"content", {{"application/json", {{"schema", reference(call.takes)}}}}}};
    return operation;
}

}  // namespace

json describe_api(std::vector<Call> const& calls, std::string_view version) {
    auto paths = json::object();
    auto tags = json::array();
    for (auto const& call : calls) {
        paths[std::string(api_root) + call.path][to_lower(call.method)] = operation_of(call);
        json const tag = {{"name", call.topic}};
        if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(tag);
    }
    auto schemas = people_schemas();
    schemas.update(login_schemas());
    schemas.update(access_schemas());
    schemas.update(course_schemas());
    schemas.update(platform_schemas());
    json const token = {{"type", "http"},
                        {"scheme", "bearer"},
                        {"description", "An API token, carrel_…; its scopes limit it."}};
    json const session = {{"type", "apiKey"},
                          {"in", "cookie"},
                          {"name", session_cookie},
                          {"description",
                           "Set by POST /api/v1/session. Requests that change something also need "
                           "the header X-CSRF-Token with the csrf_token of GET /api/v1/me."}};
    return {{"openapi", "3.1.0"},
            {"info",
             {{"title", "Carrel"},
              {"version", version},
              {"description", "Times are RFC 3339 in UTC, durations are seconds."}}},
            {"servers", {{{"url", "/"}}}},
            {"tags", std::move(tags)},
            {"paths", std::move(paths)},
            {"components",
             {{"schemas", std::move(schemas)},
              {"securitySchemes", {{"token", token}, {"session", session}}}}}};
}

}  // namespace carrel
