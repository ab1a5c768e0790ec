#pragma once

/// TLS between a socket and HTTP, either side of it.
///
/// OpenSSL reads and writes the descriptor itself; its buffers are given back while nothing moves.
/// The descriptor belongs to the `Socket` that owns the layer.

#include "proxy/data_plane/layer.hpp"
#include "proxy/tls/context.hpp"

namespace carrel::proxy {

class TlsLayer final : public Layer {
public:
    enum class Role : uint8_t { Server, Client };

    /// `owner` outlives the handshake with this layer: what callbacks of the context refer to.
    TlsLayer(SSL_CTX& context, int descriptor, Role role, std::shared_ptr<void const> owner);
    /// Client: which host the peer must prove to be; it is named to it, too (SNI).
    void expect_host(std::string const& host);

    int establish() override;
    ssize_t receive(char* bytes, size_t size) override;
    ssize_t send(iovec const* parts, int count) override;
    void note_input() override { drained_ = false; }
    [[nodiscard]] bool pending() const override;
    [[nodiscard]] bool crossed() const override { return crossed_; }
    void shut_down_writing() override { say_goodbye(); }
    void close() override { say_goodbye(); }
    [[nodiscard]] bool secure() const override { return true; }
    [[nodiscard]] std::string_view protocol() const override;
    [[nodiscard]] bool transparent() const override;
    [[nodiscard]] std::string problem() const override;

private:
    static long watch_reads(BIO* bio, int operation, char const*, size_t wanted, int, long, int ok,
                            size_t* read);
    ssize_t send_some(char const* bytes, size_t size);
    int failed(int result, bool reading);
    void say_goodbye();

    std::unique_ptr<SSL, FreeSsl> ssl_;
    std::shared_ptr<void const> owner_;
    unsigned long error_ = 0;  ///< OpenSSL's code of what broke it
    bool broken_ = false;
    bool crossed_ = false;
    /// The last read from the descriptor got less than it asked for, and no event has come since.
    bool drained_ = false;
};

}  // namespace carrel::proxy
