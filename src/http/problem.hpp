#pragma once

/// The one place where an `Error` becomes an HTTP answer (RFC 9457, application/problem+json).

#include "http/message.hpp"

namespace carrel::http {

[[nodiscard]] unsigned status_of(Code code);

/// `{type, title, status, detail, field?, request}`. `type` is "urn:carrel:problem:<code>".
/// An Internal error tells the client nothing but the request's id; its cause is logged.
[[nodiscard]] Response problem(Error const& error, Request const& request);
/// The same with a status that says more than the code does: 405, 413, 431.
[[nodiscard]] Response problem(Error const& error, Request const& request, unsigned status);

}  // namespace carrel::http
