#include "spawn/process/machine.hpp"

namespace carrel {

namespace {

void add_sandbox_notices(Machine const& machine, Isolation& isolation) {
    using Level = Isolation::Level;
    auto& notices = isolation.notices;
    if (machine.sandbox) return;
    isolation.level = Level::None;
    if (machine.root)
        notices.push_back(
            fmt::format("No server can be started, since as root Carrel runs servers "
                        "only in a sandbox and {}.",
                        machine.no_sandbox));
    else
        notices.push_back(
            fmt::format("Servers are NOT isolated: each can read and change the files "
                        "of all others and of Carrel, since {}.",
                        machine.no_sandbox));
}

}  // namespace

Isolation isolation_of(Machine const& machine, Cgroups const& cgroups, NetworkChoice choice) {
    using Level = Isolation::Level;
    Isolation isolation{.level = Level::Full, .notices = {}};
    auto const partial = [&](std::string notice) {
        isolation.level = Level::Partial;
        isolation.notices.push_back(std::move(notice));
    };
    for (auto const& notice : cgroups.notices()) partial(notice);
    if (machine.root && !machine.metadata_blocked)
        partial(
            fmt::format("Servers can reach the metadata service of a cloud, with this machine's "
                        "credentials where there are some ({}).",
                        machine.metadata_open));
    if (!machine.root && machine.sandbox && !choice.private_network)
        partial(
            "Servers share this machine's network: they reach services that listen on it only "
            "for itself, and the metadata service of a cloud.");
    else if (!machine.root && machine.sandbox && !machine.private_network)
        isolation.notices.push_back(
            fmt::format("Servers have no network at all, since {}.", machine.no_private_network));
    add_sandbox_notices(machine, isolation);
    return isolation;
}

}  // namespace carrel
