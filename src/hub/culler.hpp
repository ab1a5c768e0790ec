#pragma once

/// Stops servers that nobody uses, and keeps everybody's last activity in the store. Before it
/// stops one it says so: to who asks for the server's state, and to the server itself, which may
/// tell whoever has it open (docs/design/0022-a-word-before-an-idle-server-stops.md).
///
/// Real activity of a Jupyter server is what kernels and terminals did, and what was saved, made,
/// renamed or deleted in it, which the proxy sees by the methods of requests. An open but untouched
/// browser tab polls its server for ever with GET, so those count only for applications that have
/// no kernels. A server of JupyterHub's kind reports by itself, and counts those questions: its
/// reports are what others are shown, and the kernels decide, which it is asked for with a token of
/// its own. See docs/design/0013-what-keeps-a-server.md. Confined to the control thread.

#include "http/client.hpp"
#include "hub/server_lifecycle.hpp"

namespace carrel {

/// What a Jupyter server says of itself; nothing when it is no Jupyter server, or does not answer.
struct JupyterActivity {
    bool busy = false;         ///< a kernel is executing
    std::optional<Time> last;  ///< the newest activity of any kernel or terminal
};

/// Reads the answers of `GET api/kernels` and `GET api/terminals` (jupyter_server's REST API).
[[nodiscard]] std::optional<JupyterActivity> read_jupyter_activity(std::string_view kernels,
                                                                   std::string_view terminals);

/// When the server was last really used; never later than `now`. `known` is what was known before,
/// `jupyter` nothing for other applications.
[[nodiscard]] Time newest_activity(Time known, std::optional<JupyterActivity> const& jupyter,
                                   RouteActivity const& route, Time now);

/// When a server that was last used at `last` will be stopped, once that is near enough to be said;
/// nothing before, and when idle servers are not stopped or nobody is to be told.
[[nodiscard]] std::optional<Time> announced_stop(HubSettings const& settings, Time last, Time now);

class Culler {
public:
    Culler(HubDependencies const& dependencies, HubSettings const& settings,
           ServerLifecycle& servers, http::Client& client);

    /// One pass over all running servers.
    Task<> pass();

private:
    Task<> look_at(std::shared_ptr<LiveServer> server);
    /// Tells the server, unless it knows: "PUT {base_url}/carrel/notice". One that has no such
    /// place answers what it likes.
    Task<> announce(std::shared_ptr<LiveServer> server, std::optional<Time> stops_at);
    struct Seen {
        Time used;   ///< really
        Time shown;  ///< as its last activity, which JupyterHub means more widely
    };
    Task<Seen> last_seen(std::shared_ptr<LiveServer> server);
    /// What lets us in.
    Task<std::string> secret_of(std::shared_ptr<LiveServer> server);
    Task<std::string> ask(std::shared_ptr<LiveServer> server, std::string_view what);

    HubDependencies use_;
    HubSettings const& settings_;
    ServerLifecycle& servers_;
    http::Client& client_;
};

}  // namespace carrel
