#pragma once

/// What this machine offers for keeping servers apart, found out once at start.

#include "runtime/deadline.hpp"
#include "spawn/process/cgroups.hpp"
#include "spawn/spawner.hpp"

namespace carrel {

struct Machine {
    bool root = false;
    /// bubblewrap makes our sandbox here. When not, `no_sandbox` says why.
    bool sandbox = false;
    std::string no_sandbox = {};
    /// Servers can have a network of their own with a way out (slirp4netns and /dev/net/tun).
    bool private_network = false;
    std::string no_private_network = {};
    /// A routing rule keeps the servers' uids from the metadata service. For root alone.
    bool metadata_blocked = false;
    std::string metadata_open = {};
};

/// What the operator chose; see ProcessSpawnerOptions.
struct NetworkChoice {
    bool private_network = true;
    bool block_metadata = true;
};

/// Tries things out; blocks for some tens of milliseconds. As root it sets the routing rule.
[[nodiscard]] Machine probe_machine(NetworkChoice choice);

/// What the operator and every user are told.
[[nodiscard]] Isolation isolation_of(Machine const& machine, Cgroups const& cgroups,
                                     NetworkChoice choice);

}  // namespace carrel
