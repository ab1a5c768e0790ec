#include "portal/calls.hpp"

#include "auth/access/access_policy.hpp"
#include "auth/csrf.hpp"
#include "http/problem.hpp"
#include "portal/factor_input.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

namespace {

/// Refusals that a page can do something about have types of their own: it fetches the new token
/// and tries again, leads to the profile, asks for the password.
std::optional<std::string_view> type_of(Error const& error) {
    if (error.code != Code::PermissionDenied) return {};
    if (error.field == csrf_header) return "urn:carrel:problem:csrf";
    if (error.field == second_factor_field) return "urn:carrel:problem:second-factor";
    if (is_refusal(error)) return "urn:carrel:problem:not-admitted";
    if (error.field == confirmation_field) return "urn:carrel:problem:confirmation";
    return {};
}

http::Response typed_problem(PortalDependencies const& portal, http::Request const& request,
                             Error const& error, std::string_view type) {
    auto response = http::problem(error, request);
    auto body = nlohmann::json::parse(response.body);
    body["type"] = type;
    if (is_refusal(error)) {
        // No field of a form, but what a page says in its own words.
        body.erase("field");
        body["admission"] = error.field;
        body["contact"] = portal.gate.contact();
    }
    response.body = body.dump();
    return response;
}

Result<http::Response> with_type(PortalDependencies const& portal, http::Request const& request,
                                 Result<http::Response> answer) {
    if (answer) return answer;
    auto const type = type_of(answer.error());
    if (type) return typed_problem(portal, request, answer.error(), *type);
    return answer;
}

/// What one person sees is for no cache to keep.
void keep_uncached(http::Response& response) { response.headers.set("Cache-Control", "no-store"); }

}  // namespace

Call& Calls::note(Call call) {
    call.topic = topic_;
    calls_.push_back(std::move(call));
    return calls_.back();
}

void Calls::route(Call const& call, http::BlockingHandler handler) {
    auto const path = std::string(api_root) + call.path;
    if (!call.asks_directories || portal_.directories == nullptr)
        return router_.add_blocking(call.method, path, std::move(handler));
    router_.add(call.method, path,
                [&pool = portal_.directories->pool(),
                 handler = std::move(handler)](http::Request& request) -> Task<http::Response> {
                    co_return co_await pool.run([&] { return handler(request); });
                });
}

void Calls::add(Call call, Answer answer) {
    auto const& noted = note(std::move(call));
    auto const without = noted.for_setup ? WithoutFactor::Allowed : WithoutFactor::Refused;
    auto answered = [&portal = portal_, scope = noted.scope.value(), without,
                     answer](http::Request& request) -> Result<http::Response> {
        TRY(auto const who,
            portal.gate.identify(request, Presence::Counts, check_not_forged, without));
        TRY_VOID(require(who, scope));
        return answer(portal, Visit{request, who});
    };
    auto handler = [&portal = portal_, answered](http::Request& request) -> Result<http::Response> {
        auto response = answered(request);
        if (!response) return with_type(portal, request, std::move(response));
        keep_uncached(*response);
        return response;
    };
    route(noted, std::move(handler));
}

void Calls::add_public(Call call, PublicAnswer answer) {
    auto const& noted = note(std::move(call));
    auto handler = [&portal = portal_, unsafe = is_unsafe(noted.method),
                    answer](http::Request& request) -> Result<http::Response> {
        if (unsafe) TRY_VOID(check_same_origin(request));
        auto response = answer(portal, request);
        if (!response) return with_type(portal, request, std::move(response));
        keep_uncached(*response);
        return response;
    };
    route(noted, std::move(handler));
}

void Calls::add_description(std::string const& document) {
    auto const& noted = note({.method = "GET",
                              .path = "/openapi.json",
                              .summary = "This description",
                              .gives = "OpenApiDocument"});
    auto handler = [&document](http::Request&) -> Result<http::Response> {
        auto response = http::Response::text(document);
        response.headers.set("Content-Type", "application/json");
        return response;
    };
    router_.add_blocking(noted.method, std::string(api_root) + noted.path, std::move(handler));
}

}  // namespace carrel
