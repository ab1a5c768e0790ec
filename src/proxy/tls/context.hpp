#pragma once

/// OpenSSL's contexts, made from files and options: what the proxy's two sides of TLS have in
/// common. An `SSL_CTX` is not changed any more once connections use it, so threads share it.

#include "base/result.hpp"
#include "proxy/tls/options.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace carrel::proxy {

struct FreeSsl {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using SslContext = std::unique_ptr<SSL_CTX, FreeSsl>;

/// The reason of what failed in this thread, in OpenSSL's words; empties its queue.
[[nodiscard]] std::string take_ssl_error();

/// TLS 1.2 and 1.3, no renegotiation, no compression, buffers given back when idle.
[[nodiscard]] Result<SslContext> make_context(SSL_METHOD const* method);

/// InvalidArgument: a file cannot be read, is no PEM, or key and certificate do not fit together.
[[nodiscard]] Result<> use_certificate(SSL_CTX& context, CertificateFiles const& files,
                                       std::string const& passphrase);
/// Whom to trust; the system's authorities when `file` is "".
[[nodiscard]] Result<> use_authorities(SSL_CTX& context, std::filesystem::path const& file);
/// `protocol` is --ssl-protocol's, `ciphers` OpenSSL's list, names of TLS 1.3 among them.
[[nodiscard]] Result<> use_protocols(SSL_CTX& context, std::string const& protocol,
                                     std::string const& ciphers);

}  // namespace carrel::proxy
