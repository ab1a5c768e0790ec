#pragma once

/// One user's notebook server in one course, as the store remembers it.

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace carrel {

enum class ServerState {
    Stopped,
    Queued,    ///< waits for its turn to start
    Starting,  ///< being spawned, or not yet answering
    Running,
    Stopping,
    Failed,  ///< did not start, or ended by itself; `message` says why
};
[[nodiscard]] std::string_view name_of(ServerState state);
/// Neither there nor on its way.
[[nodiscard]] constexpr bool has_ended(ServerState state) {
    return state == ServerState::Stopped || state == ServerState::Failed;
}
[[nodiscard]] Result<ServerState> parse_server_state(std::string_view name);

/// A name for a server beside the default one: it becomes a segment of addresses, whatever language
/// it is in. InvalidArgument says what is wrong with it.
[[nodiscard]] Result<std::string> parse_server_name(std::string_view text);

/// What people call a server, whatever its address is: JupyterHub 6's rule, 1 to 255 characters
/// that can be seen, with single spaces between them. InvalidArgument says what is wrong with it.
[[nodiscard]] Result<std::string> parse_server_display_name(std::string_view text);

struct ServerRecord {
    CourseId course;
    UserId user;
    std::string name;  ///< "" is the default server
    ServerState state = ServerState::Stopped;
    Time state_since;
    std::string spawner_state;  ///< what the spawner needs to find it again; opaque
    std::string endpoint;       ///< where it listens: "http+unix://…" or "http://127.0.0.1:…"
    std::string secret;         ///< the token the proxy adds; known to the server alone
    std::string message;        ///< why it failed or stopped, one sentence
    std::string log_tail;       ///< the last lines of its log, when it failed
    std::string user_options;   ///< what its starter said of it, a JSON object; "" is nothing
    std::string display_name;   ///< what people call it; "" is its name
    std::optional<Time> started_at;
    std::optional<Time> last_activity;
};

/// What somebody says of a server that they start or make. What is empty stays as it was.
struct ServerDetails {
    std::string user_options;
    std::string display_name;
};

/// A verified export of one home, or of the course folder.
struct Export {
    CourseId course;
    UserId user;              ///< empty of the course folder
    DeploymentId deployment;  ///< which degrade made it
    std::string file;         ///< absolute path
    std::string sha256;       ///< of the file, hexadecimal
    long long bytes = 0;
    long long files = 0;
    Time created_at;
    std::optional<Time> verified_at;
};

}  // namespace carrel
