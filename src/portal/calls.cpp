#include "portal/calls.hpp"

#include "auth/csrf.hpp"
#include "http/problem.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

namespace {

/// Of a type of its own: a page can fetch the new token and try again, when another tab has logged
/// in afresh.
http::Response csrf_problem(http::Request const& request, Error const& error) {
    auto response = http::problem(error, request);
    auto body = nlohmann::json::parse(response.body);
    body["type"] = "urn:carrel:problem:csrf";
    response.body = body.dump();
    return response;
}

/// What one person sees is for no cache to keep.
void keep_uncached(http::Response& response) { response.headers.set("Cache-Control", "no-store"); }

}  // namespace

Call& Calls::note(Call call) {
    call.topic = topic_;
    calls_.push_back(std::move(call));
    return calls_.back();
}

void Calls::add(Call call, Answer answer) {
    auto const& noted = note(std::move(call));
    auto handler = [&portal = portal_, scope = noted.scope.value(),
                    answer](http::Request& request) -> Result<http::Response> {
        auto const who = portal.gate.identify(request);
        if (!who && who.error().field == csrf_header) return csrf_problem(request, who.error());
        if (!who) return std::unexpected(who.error());
        TRY_VOID(require(*who, scope));
        TRY(auto response, answer(portal, Visit{request, *who}));
        keep_uncached(response);
        return response;
    };
    router_.add_blocking(noted.method, std::string(api_root) + noted.path, std::move(handler));
}

void Calls::add_public(Call call, PublicAnswer answer) {
    auto const& noted = note(std::move(call));
    auto handler = [&portal = portal_, unsafe = is_unsafe(noted.method),
                    answer](http::Request& request) -> Result<http::Response> {
        if (unsafe) TRY_VOID(check_same_origin(request));
        TRY(auto response, answer(portal, request));
        keep_uncached(response);
        return response;
    };
    router_.add_blocking(noted.method, std::string(api_root) + noted.path, std::move(handler));
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
