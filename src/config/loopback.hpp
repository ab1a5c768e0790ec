#pragma once

/// Host names that lead nowhere but to this machine. Pure.

#include <algorithm>
#include <string_view>

namespace carrel {

/// "localhost", "::1", or an address that begins with 127; a name that only looks like one is none.
[[nodiscard]] inline bool is_loopback_name(std::string_view host) {
    bool const numbers = std::ranges::all_of(
        host, [](char letter) { return (letter >= '0' && letter <= '9') || letter == '.'; });
    return host == "localhost" || host == "::1" || (numbers && host.starts_with("127."));
}

}  // namespace carrel
