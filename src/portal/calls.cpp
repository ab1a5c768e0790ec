#include "portal/calls.hpp"

#include "auth/csrf.hpp"

namespace carrel {

Call& Calls::note(Call call) {
    call.topic = topic_;
    calls_.push_back(std::move(call));
    return calls_.back();
}

void Calls::add(Call call, Answer answer) {
    auto const& noted = note(std::move(call));
    router_.add_blocking(noted.method, std::string(api_root) + noted.path,
                         [&portal = portal_, scope = noted.scope.value(),
                          answer](http::Request& request) -> Result<http::Response> {
                             TRY(auto const who, portal.gate.identify(request));
                             TRY_VOID(require(who, scope));
                             TRY(auto response, answer(portal, Visit{request, who}));
                             // What one person sees is for no cache to keep.
                             if (response.headers.get("cache-control").empty())
                                 response.headers.set("Cache-Control", "no-store");
                             return response;
                         });
}

void Calls::add_public(Call call, PublicAnswer answer) {
    auto const& noted = note(std::move(call));
    router_.add_blocking(noted.method, std::string(api_root) + noted.path,
                         [&portal = portal_, unsafe = is_unsafe(noted.method),
                          answer](http::Request& request) -> Result<http::Response> {
                             if (unsafe) TRY_VOID(check_same_origin(request));
                             TRY(auto response, answer(portal, request));
                             if (response.headers.get("cache-control").empty())
                                 response.headers.set("Cache-Control", "no-store");
                             return response;
                         });
}

void Calls::add_description(std::string const& document) {
    auto const& noted = note({.method = "GET",
                              .path = "/openapi.json",
                              .summary = "This description",
                              .gives = "OpenApiDocument"});
    router_.add(noted.method, std::string(api_root) + noted.path,
                [&document](http::Request&) -> Task<http::Response> {
                    auto response = http::Response::text(document);
                    response.headers.set("Content-Type", "application/json");
                    co_return response;
                });
}

}  // namespace carrel
