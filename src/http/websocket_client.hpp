#pragma once

/// A WebSocket client (RFC 6455, by Boost.Beast) over TCP, for `carrel demo` and the benches.

#include "http/message.hpp"
#include "runtime/deadline.hpp"

#include <memory>

namespace carrel::http {

/// Blocking; one thread at a time.
class WebSocketClient {
public:
    /// Connects to `host:port` and upgrades at `target`. Unavailable names the HTTP status when the
    /// server refused the upgrade.
    [[nodiscard]] static Result<WebSocketClient> connect(std::string const& host,
                                                         unsigned short port,
                                                         std::string const& target,
                                                         Headers const& headers, Deadline deadline);
    WebSocketClient(WebSocketClient&&) noexcept;
    WebSocketClient& operator=(WebSocketClient&&) noexcept;
    ~WebSocketClient();

    [[nodiscard]] Result<> send_text(std::string_view message, Deadline deadline);
    /// The next text or binary message. Unavailable: the connection has ended.
    [[nodiscard]] Result<std::string> receive(Deadline deadline);
    void close();

private:
    struct State;
    explicit WebSocketClient(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace carrel::http
