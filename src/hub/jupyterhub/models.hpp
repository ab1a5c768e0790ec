#pragma once

/// JupyterHub's models as JSON. Pure; the caller loads what they show.

#include "hub/jupyterhub/caller.hpp"
#include "hub/live_server.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <vector>

namespace carrel::jupyterhub {

/// Somebody of a hub, with what can be told of them.
struct Person {
    User user;
    std::vector<std::string> roles = {};                    ///< their own
    std::vector<std::string> groups = {};                   ///< by name
    std::vector<std::shared_ptr<LiveServer>> servers = {};  ///< active ones

    /// When they were last there: at their log-in, or in one of these servers.
    [[nodiscard]] std::optional<Time> last_activity() const;
};

/// A user, with what the caller may see of it; see `UserList`.
[[nodiscard]] nlohmann::json user_model(Caller const& caller, Person const& person);

/// Whether a question for users wants their stopped servers, too: "?include_stopped_servers".
[[nodiscard]] bool wants_stopped_servers(http::Request const& request);

[[nodiscard]] nlohmann::json time_or_null(std::optional<Time> const& time);

}  // namespace carrel::jupyterhub
