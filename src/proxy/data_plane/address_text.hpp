#pragma once

/// How a peer's address is written into X-Forwarded-For and logs.

#include <sys/socket.h>

#include <string>

namespace carrel::proxy {

/// "192.0.2.1" also for ::ffff:192.0.2.1, "2001:db8::1", "" for a unix socket.
[[nodiscard]] std::string address_text(sockaddr_storage const& address);

}  // namespace carrel::proxy
