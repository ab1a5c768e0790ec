#pragma once

/// What the proxy can be told about TLS. Plain values, part of `Options`.

#include "base/clock.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace carrel::proxy {

struct CertificateFiles {
    std::filesystem::path certificate;  ///< PEM: the certificate, then its chain
    std::filesystem::path key;          ///< PEM
    std::filesystem::path ocsp;         ///< DER: a response to be stapled; "": none
};

/// One side that accepts TLS: the public one, or that of the REST API.
struct ServerTls {
    /// The first is for clients that name no host, or none of ours. None: no TLS.
    std::vector<CertificateFiles> certificates;
    std::string passphrase;               ///< of the keys; never shown
    std::filesystem::path ca;             ///< who may sign clients' certificates; "": the system's
    bool request_certificate = false;     ///< ask clients for one
    bool reject_unauthorized = false;     ///< and refuse those without a good one
    std::string protocol;                 ///< "TLSv1_2" or "TLSv1_3" alone; "": both
    std::string ciphers;                  ///< OpenSSL's notation; "": ours
    std::filesystem::path dh_parameters;  ///< PEM; "": the standard groups
    std::vector<std::string> protocols = {"http/1.1"};  ///< of ALPN, the best first
    bool kernel = false;  ///< let the kernel encrypt, where it can (kTLS)

    [[nodiscard]] bool enabled() const { return !certificates.empty(); }
};

/// Towards https:// targets.
struct ClientTls {
    CertificateFiles certificate;  ///< ours; none when empty
    std::string passphrase;
    std::filesystem::path ca;  ///< whom to trust; "": the system's
    bool verify = true;        ///< false: --insecure
};

constexpr Milliseconds handshake_patience = Milliseconds(10000);

}  // namespace carrel::proxy
