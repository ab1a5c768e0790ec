#pragma once

/// Outbound HTTP by libcurl: to the proxy's API, to notebook servers, later to identity providers.

#include "http/message.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/deadline.hpp"

#include <functional>

namespace carrel::http {

struct ClientRequest {
    std::string method = "GET";
    /// http, https, or http+unix ("http+unix://%2Frun%2Fx.sock/path", the socket percent-encoded).
    std::string url;
    Headers headers = {};
    std::string body = {};
    size_t largest_body =
        16UL * 1024UL * 1024UL;  ///< more is an error, so that no peer fills us up
    /// When set, the body goes to this file instead of into memory.
    std::optional<std::filesystem::path> to_file = {};
    /// When set, each piece of the body goes here as it comes, instead of into memory. Called on
    /// the thread of `fetch`; it does not throw.
    std::function<void(std::string_view)> on_piece = {};
    /// When set, it is asked about every second; true ends the call with Cancelled.
    std::function<bool()> stop_requested = {};
    /// PEM file of the authorities that are trusted; empty: the system's.
    std::string ca_file = {};
};

struct ClientResponse {
    unsigned status = 0;
    Headers headers;
    std::string body;
};

/// Thread-safe; keeps connections for reuse. Redirects are not followed.
class Client {
public:
    Client();
    ~Client();

    /// Blocks. Unavailable: no connection, or it broke. Timeout: `deadline` passed. Any status is a
    /// success here.
    [[nodiscard]] Result<ClientResponse> fetch(ClientRequest const& request, Deadline deadline);

private:
    struct Pool;
    std::unique_ptr<Pool> pool_;
};

}  // namespace carrel::http
