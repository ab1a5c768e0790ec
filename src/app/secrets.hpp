#pragma once

/// The secrets that control and the proxy share, kept in the data folder with mode 0600.

#include "base/random.hpp"
#include "base/result.hpp"

#include <filesystem>

namespace carrel {

struct Secrets {
    std::string proxy_token;  ///< for the proxy's REST API
    std::string edge_key;     ///< 32 bytes; signs edge tokens
    std::string sealing_key;  ///< 32 bytes; seals what the store keeps of second factors
    std::string instance;     ///< names this data folder where a store is shared; no secret
};

/// Reads them, making those that are not there yet.
[[nodiscard]] Result<Secrets> load_secrets(std::filesystem::path const& folder, Random& random);

}  // namespace carrel
