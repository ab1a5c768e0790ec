#pragma once

/// Stands between a hub and a Docker Engine: `carrel engine-guard`, the only one that reaches the
/// engine's socket where Carrel itself runs as a container.
///
/// It listens on a unix socket and speaks as much of the Engine's API as `Engine` asks for. No
/// byte is passed on: every call is read, checked by guard_rules.hpp, made anew by an `Engine` of
/// its own, and answered with the fields that Carrel reads. Containers, volumes and networks
/// without this guard's label are not there for the hub.

#include "http/message.hpp"
#include "http/router.hpp"
#include "runtime/blocking_pool.hpp"
#include "spawn/docker/engine.hpp"
#include "spawn/docker/guard/guard_rules.hpp"

namespace carrel {

/// Answers requests. Confined to one thread, but for the pool.
class EngineGuard {
public:
    /// `no_network` says why containers can have no network; empty: they can.
    EngineGuard(Engine engine, GuardRules rules, std::string no_network, BlockingPool& pool);

    /// Every refusal has a sentence as "message", as the engine's own have.
    asio::awaitable<http::Response> respond(http::Request& request);

private:
    using Request = http::Request;
    using Response = http::Response;

    void add_images();
    void add_containers();
    void add_networks();
    void add_volumes();

    // These block. NotFound: there is none, or it is not this guard's.
    Result<EngineContainer> own_container(std::string const& container) const;
    Result<EngineNetwork> own_network(std::string const& name_or_id) const;
    Result<EngineVolume> own_volume(std::string const& name) const;

    Result<Response> create_container(Request& request) const;
    Result<Response> list_containers(Request& request) const;
    Result<Response> create_network(Request& request) const;
    Result<Response> list_networks() const;
    Result<Response> list_volumes(Request& request) const;
    Task<Response> pull(Request& request) const;

    Engine engine_;
    GuardRules rules_;
    std::string no_network_;
    BlockingPool& pool_;
    http::Router router_;
};

struct EngineGuardOptions {
    std::filesystem::path engine = "/var/run/docker.sock";
    /// Of the platform: the guard makes "data" and "run" in it for the hub, and
    /// "guard/engine.sock".
    std::filesystem::path folder = {};
    unsigned owner = 0;  ///< the hub's user and group
    std::string range = "10.213.0.0/16";
};

/// Makes the folders, closes the machine to containers' networks, and serves until SIGTERM.
[[nodiscard]] Result<> run_engine_guard(EngineGuardOptions const& options);

}  // namespace carrel
