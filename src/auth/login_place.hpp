#pragma once

/// Where somebody logs in: an address and a browser. Places from which an account was logged in
/// rightly are remembered, so that strangers who guess at it do not keep its owner out.
///
/// A browser is known by a cookie that proves nothing and gives no right: who has it is only spared
/// the limits that hold for everybody else. Pure; any thread.

#include "http/message.hpp"

#include <string>
#include <string_view>

namespace carrel {

inline constexpr std::string_view browser_cookie = "carrel_browser";
/// The same where neighbouring host names are not to be trusted.
inline constexpr std::string_view host_browser_cookie = "__Host-carrel_browser";
inline constexpr Seconds browser_cookie_lasts{400 * 86400L};
/// A place where nobody has logged in for so long is forgotten.
inline constexpr Seconds place_lasts{180 * 86400L};

/// What counts as one address: an IPv6 network of 64 bits is usually one machine's.
[[nodiscard]] std::string address_key(std::string_view address);

/// What the request's browser is known by; "" where it is a new one. The cookie that neighbours
/// cannot plant counts first.
[[nodiscard]] std::string browser_of(http::Request const& request);

/// How places are named in the store; "" where there is none.
[[nodiscard]] std::string place_of_address(std::string_view address);
[[nodiscard]] std::string place_of_browser(std::string_view cookie);

}  // namespace carrel
