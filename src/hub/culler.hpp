#pragma once

/// Stops servers that nobody uses, and keeps everybody's last activity in the store.
///
/// Real activity is what kernels and terminals did. An open but untouched browser tab polls its
/// server for ever, so requests count only for applications that have neither. Confined to the
/// control thread.

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

class Culler {
public:
    Culler(HubDependencies const& dependencies, HubSettings const& settings,
           ServerLifecycle& servers, http::Client& client);

    /// One pass over all running servers.
    Task<> pass();

private:
    Task<> look_at(std::shared_ptr<LiveServer> server);
    Task<Time> last_activity(std::shared_ptr<LiveServer> server);
    Task<std::string> ask(LiveServer const& server, std::string_view what);

    HubDependencies use_;
    HubSettings const& settings_;
    ServerLifecycle& servers_;
    http::Client& client_;
};

}  // namespace carrel
