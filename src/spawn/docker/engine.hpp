#pragma once

/// What we ask of a Docker Engine, by its HTTP API over its unix socket.
///
/// Every call blocks, for at most the deadline it is given: use a BlockingPool. Thread-safe; copies
/// are equal, and use the client, which outlives them. Errors
/// are Unavailable when the engine cannot be reached, Timeout when it does not answer, and what its
/// own answer says otherwise; each is a sentence for the person who waits.

#include "base/clock.hpp"
#include "base/image_reference.hpp"
#include "http/client.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace carrel {

/// What an image says about the program in it.
struct EngineImage {
    std::string id;
    std::vector<std::string> entrypoint;
    std::vector<std::string> command;
    std::vector<std::string> variables;     ///< "PATH=/usr/bin"
    std::vector<unsigned> ports;            ///< that it says it listens on (TCP)
    std::vector<std::string> volumes = {};  ///< folders that it wants a nameless volume for
};

struct EngineContainer {
    std::string id;
    std::string status;  ///< "created", "running", "exited", …
    int exit_code = 0;
    bool out_of_memory = false;
    std::string error;  ///< why it could not be started
    Time finished_at{};
    std::map<std::string, std::string> labels = {};

    [[nodiscard]] bool running() const;
};

struct EngineNetwork {
    std::string id;
    std::string name;
    std::vector<std::string> subnets;  ///< "10.213.0.0/22"
    std::map<std::string, std::string> labels;
};

struct EngineVolume {
    std::string name;
    std::string device;  ///< of one that is a folder of this machine
    std::map<std::string, std::string> labels = {};
};

/// What matters of the engine itself.
struct EngineFacts {
    std::string version;
    bool rootless = false;
    bool maps_users = false;       ///< its users are not this machine's (userns-remap)
    bool filters_bridges = false;  ///< it can keep containers of one network apart
    bool limits_memory = true;
    bool limits_processes = true;
    std::string init;  ///< the program that it can put before a container's own
    /// It is reached by a guard (guard/engine_guard.hpp), which sees to networks itself...
    bool guarded = false;
    std::string no_network = {};  ///< ...and says here why it cannot
};

/// Of Docker 20.10 (Debian 12's); newer engines speak it too.
inline constexpr std::string_view engine_api = "/v1.41";

/// The field of a request by which the engine is told of a log-in.
inline constexpr char const* registry_login_field = "X-Registry-Auth";

class Engine {
public:
    Engine(http::Client& client, std::string const& socket);

    [[nodiscard]] Result<EngineFacts> facts(Deadline deadline) const;

    /// NotFound: the engine does not have it.
    [[nodiscard]] Result<EngineImage> image(ImageReference const& image, Deadline deadline) const;
    /// Fetches it, with a log-in for its registry unless that is empty (see RegistryLogins).
    /// `on_line` gets each line of the engine's report, on the thread of the call;
    /// `stop_requested` is asked now and then, and true ends it with Cancelled.
    [[nodiscard]] Result<> pull(ImageReference const& image, std::string const& login,
                                std::function<void(std::string_view)> on_line,
                                std::function<bool()> stop_requested, Deadline deadline) const;

    /// The new container's id. Conflict: the name is taken.
    [[nodiscard]] Result<std::string> create(std::string const& name, nlohmann::json const& body,
                                             Deadline deadline) const;
    [[nodiscard]] Result<> start(std::string const& container, Deadline deadline) const;
    /// NotFound: there is none.
    [[nodiscard]] Result<EngineContainer> inspect(std::string const& container,
                                                  Deadline deadline) const;
    /// Those with this label, running or not; `status` is filled, the exit code is not.
    [[nodiscard]] Result<std::vector<EngineContainer>> containers(std::string const& label,
                                                                  Deadline deadline) const;
    /// One that does not run is no error.
    [[nodiscard]] Result<> signal(std::string const& container, std::string const& name,
                                  Deadline deadline) const;
    /// Ends it by force and removes it with its nameless volumes; returns when it is gone. One that
    /// is not there is no error.
    [[nodiscard]] Result<> remove(std::string const& container, Deadline deadline) const;
    /// The last lines that it has written.
    [[nodiscard]] Result<std::string> log(std::string const& container, int lines,
                                          Deadline deadline) const;

    [[nodiscard]] Result<std::vector<EngineNetwork>> networks(Deadline deadline) const;
    /// Conflict: its addresses are in use.
    [[nodiscard]] Result<> create_network(nlohmann::json const& body, Deadline deadline) const;
    /// One that is not there is no error. Conflict: containers use it.
    [[nodiscard]] Result<> remove_network(std::string const& network, Deadline deadline) const;

    /// NotFound: there is none.
    [[nodiscard]] Result<EngineVolume> volume(std::string const& name, Deadline deadline) const;
    [[nodiscard]] Result<> create_volume(nlohmann::json const& body, Deadline deadline) const;
    [[nodiscard]] Result<std::vector<EngineVolume>> volumes(std::string const& label,
                                                            Deadline deadline) const;
    /// Conflict: a container uses it.
    [[nodiscard]] Result<> remove_volume(std::string const& name, Deadline deadline) const;

private:
    struct Call {
        std::string method = "GET";
        std::string path;
        std::string body = {};
        http::Headers headers = {};
        std::function<void(std::string_view)> on_piece = {};
        std::function<bool()> stop_requested = {};
        size_t largest_answer = 16UL * 1024 * 1024;
    };
    /// The body of an answer with status 2xx or 304.
    Result<std::string> ask(Call const& call, Deadline deadline) const;
    Result<nlohmann::json> ask_json(Call const& call, Deadline deadline) const;

    http::Client& client_;
    std::string socket_;  ///< its path
    std::string base_;
};

/// The text in a container's log, of which each piece has a head of eight bytes.
[[nodiscard]] std::string joined_log(std::string_view stream);

}  // namespace carrel
