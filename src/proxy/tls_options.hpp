#pragma once

/// How one side of the proxy speaks TLS, as configurable-http-proxy's `--ssl-*`, `--api-ssl-*` and
/// `--client-ssl-*` say it. Plain data, read once at start; who loads the files decides what they
/// are worth.

#include <filesystem>
#include <string>

namespace carrel::proxy {

struct TlsOptions {
    std::filesystem::path key;
    std::filesystem::path certificate;
    std::filesystem::path authorities;  ///< whom the peer's certificate must come from
    std::string passphrase;             ///< of the key; "" for none
    bool request_certificate = false;   ///< ask the peer for one
    /// Refuse a peer that was asked and has none that `authorities` vouch for.
    bool reject_unauthorized = false;
    // For all three sides, as there.
    std::string protocol;              ///< "TLSv1_2" and the like; "": TLS 1.2 and 1.3
    std::string ciphers;               ///< OpenSSL's notation; "": a good list of our own
    std::filesystem::path parameters;  ///< Diffie-Hellman parameters

    [[nodiscard]] bool enabled() const { return !key.empty() || !certificate.empty(); }
    /// For the upstream side, where authorities alone mean something too.
    [[nodiscard]] bool mentioned() const { return enabled() || !authorities.empty(); }
};

}  // namespace carrel::proxy
