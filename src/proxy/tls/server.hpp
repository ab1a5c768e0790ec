#pragma once

/// The certificates that the proxy shows, and how it accepts TLS with them.
///
/// Immutable: changed files are loaded into a new one, which the workers use from then on, while
/// connections live on with what they began with. Thread-safe.

#include "proxy/tls/context.hpp"
#include "proxy/tls/layer.hpp"
#include "proxy/tls/staple.hpp"
#include "proxy/tls/ticket_keys.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace carrel::proxy {

class TlsServer : public std::enable_shared_from_this<TlsServer> {
public:
    /// Reads all files. `tickets` must outlive what is made. InvalidArgument: one of them is
    /// missing or unfit, or an option is.
    [[nodiscard]] static Result<std::shared_ptr<TlsServer const>> load(ServerTls const& options,
                                                                       TicketKeys& tickets);

    /// The layer of a connection that was accepted.
    [[nodiscard]] std::unique_ptr<Layer> accept(int descriptor) const;

    /// The context for a name that a client asks for: an exact one, a wildcard, or the first.
    [[nodiscard]] SSL_CTX* find(std::string_view name) const;
    /// What is stapled to the handshakes of this certificate; "" when there is nothing, or when it
    /// is out of date.
    [[nodiscard]] std::string const& ocsp_response(SSL_CTX const* context) const;
    [[nodiscard]] std::vector<std::string> const& protocols() const { return options_.protocols; }

private:
    struct Site {
        SslContext context;
        Staple staple;
    };
    explicit TlsServer(ServerTls const& options) : options_(options) {}
    Result<> add(CertificateFiles const& files, TicketKeys& tickets);
    Result<> use_clients(SSL_CTX& context) const;
    void take_names(SSL_CTX& context);

    ServerTls const options_;
    std::vector<Site> sites_;
    std::map<std::string, SSL_CTX*, std::less<>> names_;  ///< lower case, "*.example.org" too
};

using TlsServerPointer = std::shared_ptr<TlsServer const>;

}  // namespace carrel::proxy
