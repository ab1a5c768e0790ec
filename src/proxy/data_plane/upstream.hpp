#pragma once

/// Connections to upstreams, kept alive and reused.
///
/// A connection goes back to the pool only after a complete, clean exchange; anything else closes
/// it. Owned by one worker and confined to its thread.

#include "proxy/data_plane/event_loop.hpp"
#include "proxy/data_plane/socket.hpp"
#include "proxy/tls/client.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace carrel::proxy {

class Upstream;
class UpstreamPool;

/// Who uses an upstream connection at present.
class UpstreamUser {
public:
    virtual void on_upstream_ready() = 0;

protected:
    ~UpstreamUser() = default;
};

class Upstream final : public EventHandler {
public:
    Upstream(UpstreamPool& pool, Socket connected) : socket(std::move(connected)), pool_(pool) {}

    void on_ready(uint32_t events) override;
    /// An idle connection has been so for long enough.
    void on_deadline() override;

    [[nodiscard]] bool connecting() const { return connecting_; }
    [[nodiscard]] bool failed() const { return failed_; }
    /// It has served a request before, so the peer may have closed it without our knowing yet.
    [[nodiscard]] bool reused() const { return reused_; }

    /// Whether it takes more; if not, there will be an event once it does. Ask this rather than the
    /// socket: a unix socket says "writable" each time its peer has read something, which would
    /// wake us once more per request, and is therefore listened to only when it matters.
    [[nodiscard]] bool writable();
    /// The events it is watched for.
    [[nodiscard]] uint32_t events() const;
    /// Logs why TLS broke it, if that is what did: a peer that wants another certificate says so
    /// only after the handshake.
    void explain_break() const;

    Socket socket;
    Buffer in;  ///< read from it, not yet used

private:
    friend class UpstreamPool;
    struct Peer {
        std::string key;
        std::string tls_host;
        std::vector<Upstream*> idle;
        size_t connections = 0;
    };
    UpstreamPool& pool_;
    UpstreamUser* user_ = nullptr;  ///< nobody: idle in the pool
    Peer* peer_ = nullptr;
    void go_on_connecting(uint32_t events);

    bool connecting_ = true;
    bool reached_ = false;  ///< connected, though a handshake may be under way
    bool failed_ = false;
    bool reused_ = false;
    bool quiet_ = false;  ///< not watched for becoming writable
};

class UpstreamPool {
public:
    /// Shorter than the keep-alive timeouts that are common among servers (5 s and more).
    static constexpr Milliseconds idle_for = Milliseconds(4000);

    explicit UpstreamPool(EventLoop& loop) : loop_(loop) {}
    ~UpstreamPool();
    UpstreamPool(UpstreamPool const&) = delete;
    UpstreamPool& operator=(UpstreamPool const&) = delete;

    /// How to speak to https:// targets, from now on.
    void use(TlsClientPointer tls) { tls_ = std::move(tls); }

    /// An idle connection to the address, with TLS to `tls_host` when that is not ""; null when
    /// there is none.
    [[nodiscard]] Upstream* take_idle(Address const& address, std::string const& tls_host,
                                      UpstreamUser& user);
    /// A new connection; fails as `Socket::connect` does.
    [[nodiscard]] Result<Upstream*> connect(Address const& address, std::string const& tls_host,
                                            UpstreamUser& user);
    /// One that another process connected and used.
    [[nodiscard]] Result<Upstream*> adopt(Socket socket, UpstreamUser& user);
    /// After a clean exchange.
    void keep(Upstream& upstream);
    void close(Upstream& upstream);
    void close_idle();
    [[nodiscard]] size_t connections() const { return connections_; }

private:
    friend class Upstream;
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    [[nodiscard]] Result<Upstream*> add(Socket socket, std::string key, bool quiet,
                                        UpstreamUser& user);

    EventLoop& loop_;
    TlsClientPointer tls_;
    std::unordered_map<std::string, Upstream::Peer, Hash, std::equal_to<>> peers_;
    size_t connections_ = 0;
};

}  // namespace carrel::proxy
