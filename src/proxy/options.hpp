#pragma once

/// Everything the proxy can be told, with configurable-http-proxy's names and defaults.

#include "base/clock.hpp"
#include "base/result.hpp"
#include "proxy/data_plane/target.hpp"
#include "proxy/data_plane/time_source.hpp"
#include "proxy/tls/options.hpp"
#include "runtime/log.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace carrel::proxy {

struct Options {
    std::string ip;  ///< "" or "*": every address of the machine
    unsigned short port = 8000;
    std::filesystem::path socket;  ///< listen here instead of on ip and port
    std::string api_ip = "localhost";
    unsigned short api_port = 8001;
    std::filesystem::path api_socket;
    std::optional<Target> default_target;
    std::optional<Target> error_target;
    std::filesystem::path error_path;
    bool x_forward = true;
    bool prepend_path = true;
    bool include_prefix = true;
    bool auto_rewrite = false;
    bool change_origin = false;
    std::string protocol_rewrite;
    std::vector<std::pair<std::string, std::string>> custom_headers;
    bool host_routing = false;
    log::Level log_level = log::Level::Info;
    Milliseconds client_timeout = Milliseconds(0);    ///< 0: none
    Milliseconds upstream_timeout = Milliseconds(0);  ///< 0: none
    Milliseconds keep_alive_timeout = Milliseconds(5000);
    /// For the whole head of a request, from its first byte on.
    Milliseconds head_timeout = Milliseconds(10000);
    TimeSource const* time = nullptr;            ///< set by tests; null is the system's
    Lookup lookup = resolve;                     ///< of targets' host names; tests have their own
    Milliseconds lookup_interval = Seconds(30);  ///< between two look-ups of a name
    std::filesystem::path pid_file;
    ServerTls tls;                     ///< towards browsers; plain HTTP unless enabled
    ServerTls api_tls;                 ///< of the REST API
    ClientTls upstream_tls;            ///< towards https targets
    unsigned short redirect_port = 0;  ///< answer HTTP here with the way to HTTPS; 0: nowhere
    unsigned short redirect_to = 0;    ///< the port that is named there; 0: `port`
    std::string metrics_ip;            ///< "": every address
    unsigned short metrics_port = 0;   ///< 0: no metrics unless there is a socket
    std::filesystem::path metrics_socket;

    // Carrel's own.
    Seconds hsts = Seconds(0);          ///< how long browsers are to insist on TLS; 0: not told
    std::filesystem::path acme_folder;  ///< answers to ACME's HTTP-01 challenges; "": none
    bool only_redirects = false;        ///< set for the workers of `redirect_port`
    /// Log lines on standard output in configurable-http-proxy's words, for programs that wait for
    /// them; else structured ones on standard error.
    bool legacy_log = false;
    std::vector<std::string> idle_options;  ///< that were given and have no effect; for the log
    std::filesystem::path access_log;       ///< "": none; "-": standard output
    [[nodiscard]] bool has_metrics() const { return metrics_port != 0 || !metrics_socket.empty(); }
    bool activity_ignores_pings = false;  ///< WebSocket pings and pongs do not keep a server alive
    bool cleartext_http2 = false;  ///< take HTTP/2 without TLS, from who begins with its preface
    unsigned threads = 1;
    std::filesystem::path
        port_file;  ///< the real port is written here once connections are accepted
    Milliseconds stop_grace = Milliseconds(10000);
    /// Listening sockets that the parent opened, by what they are for: "public" (one or several)
    /// or "api".
    std::vector<std::pair<std::string, int>> listen_descriptors;
    /// Routes and revocations are kept here, for the next start; "": nowhere.
    std::filesystem::path routes_file;
    /// Successors take over through this unix socket; "": there are none.
    std::filesystem::path handover_socket;
    bool take_over = false;  ///< from the proxy that waits at handover_socket
    /// After a handover: how long what could not travel may go on.
    Milliseconds drain_time = Milliseconds(600000);
    int ready_descriptor = -1;  ///< a line is written here once connections are accepted
    std::string api_token;      ///< CONFIGPROXY_AUTH_TOKEN; "": the REST API is open
    std::string edge_key;       ///< CARREL_EDGE_KEY, decoded: 32 bytes; "": no edge authorization
};

/// What the command line asks for.
struct ParsedOptions {
    Options options;
    /// Set: print this and end, with `exit_code`.
    std::optional<std::string> message;
    int exit_code = 0;
};

/// `arguments` without the program's name. Secrets come from the environment. `legacy`: we were
/// started under configurable-http-proxy's name.
[[nodiscard]] ParsedOptions parse_options(std::vector<std::string> arguments, bool legacy = false);

}  // namespace carrel::proxy
