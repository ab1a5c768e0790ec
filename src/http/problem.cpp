#include "http/problem.hpp"

#include "runtime/log.hpp"

#include <nlohmann/json.hpp>

namespace carrel::http {

namespace {

std::string_view title_of(Code code) {
    switch (code) {
        case Code::InvalidArgument:
            return "The request is not right";
        case Code::Unauthenticated:
            return "Nobody is logged in";
        case Code::PermissionDenied:
            return "This is not allowed";
        case Code::NotFound:
            return "There is no such thing";
        case Code::Conflict:
            return "Not in the present state";
        case Code::LimitReached:
            return "Too many or too much";
        case Code::Unavailable:
            return "Not available at present";
        case Code::Timeout:
            return "It took too long";
        case Code::Cancelled:
            return "The request was given up";
        case Code::Internal:
            return "Something went wrong on our side";
    }
    std::unreachable();
}

}  // namespace

unsigned status_of(Code code) {
    switch (code) {
        case Code::InvalidArgument:
            return 400;
        case Code::Unauthenticated:
            return 401;
        case Code::PermissionDenied:
            return 403;
        case Code::NotFound:
            return 404;
        case Code::Conflict:
            return 409;
        case Code::LimitReached:
            return 429;
        case Code::Unavailable:
        case Code::Cancelled:
            return 503;
        case Code::Timeout:
            return 504;
        case Code::Internal:
            return 500;
    }
    std::unreachable();
}

Response problem(Error const& error, Request const& request) {
    return problem(error, request, status_of(error.code));
}

Response problem(Error const& error, Request const& request, unsigned status) {
    auto detail = error.message;
    if (error.code == Code::Internal) {
        log::error("request_failed", {{"request", request.id},
                                      {"method", request.method},
                                      {"path", request.path},
                                      {"cause", error.message}});
        detail = fmt::format("the log names the cause under request {}", request.id);
    }
    nlohmann::json body = {
        {"type", fmt::format("urn:carrel:problem:{}", name_of(error.code))},
        {"title", title_of(error.code)},
        {"status", status},
        {"detail", detail},
        {"request", request.id},
    };
    if (!error.field.empty()) body["field"] = error.field;
    auto response = Response::json(body, status);
    response.headers.set("Content-Type", "application/problem+json");
    // RFC 9110 section 15.5.2 wants a challenge. Browsers open no dialogue for this one.
    if (status == 401) response.headers.set("WWW-Authenticate", "Bearer realm=\"carrel\"");
    return response;
}

}  // namespace carrel::http
