#include "auth/csrf.hpp"

#include "base/text.hpp"

namespace carrel {

namespace {

/// "Example.org:443" and "https://example.org" name the same host.
std::string host_key(std::string_view authority) {
    auto host = to_lower(authority);
    for (std::string_view const port : {":80", ":443"})
        if (host.ends_with(port)) host.resize(host.size() - port.size());
    return host;
}

bool is_own_origin(std::string_view origin, std::string_view host) {
    auto const scheme_end = origin.find("://");
    if (scheme_end == std::string_view::npos) return false;  // "null", as a sandboxed page sends
    return host_key(origin.substr(scheme_end + 3)) == host_key(host);
}

}  // namespace

bool is_unsafe(std::string_view method) {
    return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

Result<> check_same_origin(http::Request const& request) {
    auto const site = request.headers.find("sec-fetch-site");
    if (site && *site != "same-origin" && *site != "none")
        return fail(Code::PermissionDenied, "another site sent this request (Sec-Fetch-Site)");
    auto const origin = request.headers.find("origin");
    if (origin && !is_own_origin(*origin, request.headers.get("host")))
        return fail(Code::PermissionDenied, "another site sent this request (Origin)");
    return {};
}

Result<> check_csrf_token(http::Request const& request, std::string_view expected) {
    auto const sent = request.headers.get("x-csrf-token");
    if (expected.empty() || !equals_in_constant_time(sent, expected))
        return std::unexpected(
            Error{Code::PermissionDenied,
                  "the header X-CSRF-Token is not the csrf_token of GET /api/v1/me",
                  std::string(csrf_header)});
    return {};
}

Result<> check_not_forged(http::Request const& request, std::string_view csrf_token) {
    if (!is_unsafe(request.method)) return {};
    TRY_VOID(check_same_origin(request));
    return check_csrf_token(request, csrf_token);
}

}  // namespace carrel
