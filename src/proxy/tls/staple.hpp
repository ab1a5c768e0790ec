#pragma once

/// The OCSP response that goes with a certificate: what its authority says of it for some days, so
/// that a browser need not ask.

#include "base/result.hpp"

#include <openssl/x509.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

namespace carrel::proxy {

struct Staple {
    std::string response;                                 ///< DER; "": none
    int64_t until = std::numeric_limits<int64_t>::max();  ///< seconds since 1970
};

/// Reads a response that is about `certificate` and in date. InvalidArgument: it is not, or none.
[[nodiscard]] Result<Staple> read_staple(std::filesystem::path const& file, X509& certificate);

}  // namespace carrel::proxy
