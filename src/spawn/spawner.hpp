#pragma once

/// Starts and stops notebook servers, one way of running them: a process, a container, a pod.
///
/// A spawner knows nothing about users' rights, routes or storage; it gets a folder and limits. It
/// keeps nothing in memory that `state` does not hold, so that servers outlive the control process
/// and a new one finds them again. Confined to the control thread; what blocks runs on the pool it
/// was created with.

#include "base/image_pattern.hpp"
#include "domain/course.hpp"
#include "runtime/deadline.hpp"
#include "runtime/task.hpp"
#include "spawn/course_folders.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace carrel {

/// Who lets visitors into a server.
enum class EnvironmentKind {
    Edge,        ///< Carrel's proxy; the server demands a secret that the proxy adds
    JupyterHub,  ///< the server itself, which asks the hub: an unmodified `jupyterhub-singleuser`
};

/// What a server runs, from the configuration's [environments.<name>].
struct Environment {
    std::string name;
    EnvironmentKind kind = EnvironmentKind::Edge;
    std::string title;
    std::string description;
    /// The argument vector. "{socket}" (or "{port}"), "{base_url}", "{base_path}" (without its last
    /// slash), "{home}" and "{user}" are replaced.
    /// A command with "{socket}" listens on a unix socket, the safer kind; one with "{port}" on
    /// loopback.
    std::vector<std::string> command;
    /// The container image that it runs in, as "registry:5000/team/lab:tag"; empty: a process of
    /// this machine. Without a command the image's own is run.
    std::string image = {};
    /// Which images a course may name in its place.
    std::vector<ImagePattern> allowed_images = {};
    bool writable_root = false;        ///< of a container: whether it may change its own system
    std::string default_url = "/lab";  ///< below the server's base URL
    /// The server lives at "/" and is asked without its base URL.
    bool strip_base_url = false;
    std::vector<std::filesystem::path> read_only;  ///< folders it needs besides the system's
    std::map<std::string, std::string> variables;  ///< added to its environment
    /// Below the base URL; answers 2xx to the secret once the server is usable.
    std::string ready_path = "api/status";
};

struct ServerSpec {
    std::string id;        ///< unique among servers and a legal file name: "<course id>.<user id>"
    std::string user;      ///< user name, for $USER and messages
    std::string course;    ///< slug
    std::string base_url;  ///< "/c/bio/user/ada/"
    /// The server demands it in `Authorization: token <secret>`; it gets it as JUPYTER_TOKEN. For
    /// JupyterHub's kind it is the server's own API token.
    std::string secret;
    long long number = 0;  ///< from Homes::number_of; makes the uid
    std::filesystem::path home;
    std::vector<CourseFolder> course_folders = {};
    Resources resources;
    Environment environment;
    /// What the hub tells a server of JupyterHub's kind. `hub_place` and `server_place` in their
    /// values are replaced by the spawner, who alone knows how the two reach each other.
    std::map<std::string, std::string> hub_variables = {};
};

/// "http://host:port" of the hub as the server calls it, and of the server as it listens.
inline constexpr std::string_view hub_place = "{hub_url}";
inline constexpr std::string_view server_place = "{server_url}";

/// A started server.
struct Started {
    std::string endpoint;  ///< "http+unix://<percent-encoded path>" or "http://127.0.0.1:<port>"
    std::string state;     ///< what `poll`, `stop` and a restarted control need; opaque
};

/// How a server ended.
struct Ending {
    std::optional<int> exit_code;  ///< 128 + signal when ended by one; nothing when unknown
    bool out_of_memory = false;
    std::string explanation;  ///< one sentence for the user
    std::string log_tail;     ///< its last lines
};

/// How well servers are kept apart on this machine; shown at start, in /options and in the UI.
struct Isolation {
    enum class Level { Full, Partial, None };
    Level level = Level::None;
    std::vector<std::string> notices;  ///< each one sentence: what is missing and what that means
};
[[nodiscard]] std::string_view name_of(Isolation::Level level);

class Spawner {
public:
    virtual ~Spawner() = default;

    using Progress = std::function<void(int percent, std::string const& message)>;

    /// Starts the server and returns once it answers at `ready_path`: with its secret, or, of
    /// JupyterHub's kind, with anything that is no server error.
    /// Unavailable: it ended or did not answer before `deadline`; the message is one sentence for
    /// the user, and `last_failure(id)` has its log; nothing is left running.
    /// Cancelled: somebody does not want it any more; likewise.
    virtual Task<Started> start(ServerSpec spec, Deadline deadline, Progress progress) = 0;

    /// Asks the server to end, and ends it with everything it started by force at `deadline`.
    /// Stopping a stopped server succeeds.
    virtual Task<> stop(std::string state, Deadline deadline) = 0;

    /// Nothing while the server runs; else how it ended.
    virtual Task<std::optional<Ending>> poll(std::string state) = 0;

    /// Ends what this spawner once started and nobody knows of any more: a server of none of
    /// `states`, found by two calls in a row. For spawners whose servers do not end with a folder
    /// of ours.
    virtual Task<> sweep(std::vector<std::string> states);

    /// How the last start of this server failed, with its log.
    [[nodiscard]] virtual std::optional<Ending> last_failure(std::string const& id) const = 0;

    [[nodiscard]] virtual Isolation isolation() const = 0;
};

}  // namespace carrel
