#pragma once

/// What calls about logging in and second factors have in common.

#include "auth/login_steps.hpp"
#include "portal/calls.hpp"
#include "portal/input.hpp"

namespace carrel {

/// The field of errors that ask to prove once more who one is.
inline constexpr std::string_view confirmation_field = "confirmation";
/// After so long one more code may be tried.
inline constexpr Seconds code_retry_after{60};

/// PermissionDenied: a token asks.
[[nodiscard]] Result<> check_by_session(Visit const& visit);
/// PermissionDenied with `confirmation_field`: they have to prove once more who they are first.
[[nodiscard]] Result<> check_confirmed(PortalDependencies const& portal, Visit const& visit);

/// `{"code"}` or `{"credential"}`.
[[nodiscard]] FactorProof read_proof(JsonReader& input);
[[nodiscard]] nlohmann::json view_of(SecondStep const& step);
/// 429 with Retry-After.
[[nodiscard]] http::Response limited(Error const& error, http::Request const& request);
/// The answer with the cookies that were set meanwhile.
[[nodiscard]] http::Response with_cookies(http::Response response, http::Response const& begun);

}  // namespace carrel
