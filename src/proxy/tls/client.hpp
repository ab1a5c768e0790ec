#pragma once

/// How the proxy speaks TLS to https:// targets: with which certificate of its own, and whom it
/// trusts. Immutable and thread-safe.

#include "proxy/tls/layer.hpp"

namespace carrel::proxy {

class TlsClient {
public:
    /// InvalidArgument: a file is missing or unfit.
    [[nodiscard]] static Result<std::shared_ptr<TlsClient const>> load(ClientTls const& options);

    /// The layer of a connection to `host`, which the peer's certificate must be for.
    [[nodiscard]] std::unique_ptr<Layer> connect(int descriptor, std::string const& host) const;

private:
    explicit TlsClient(SslContext context) : context_(std::move(context)) {}
    SslContext context_;
};

using TlsClientPointer = std::shared_ptr<TlsClient const>;

}  // namespace carrel::proxy
