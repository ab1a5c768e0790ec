#include "spawn/process/machine.hpp"

#include "base/text.hpp"
#include "runtime/subprocess.hpp"
#include "spawn/process/metadata_rule.hpp"

#include <unistd.h>

namespace carrel {

namespace {

/// Makes a sandbox of the kind that servers get and looks whether a program runs in it.
Result<> try_sandbox(bool root) {
    Command command{.arguments = {"/usr/bin/bwrap", "--unshare-pid", "--unshare-ipc",
                                  "--unshare-uts", "--cap-drop", "ALL"}};
    auto const add = [&](std::vector<std::string> const& words) {
        command.arguments.insert(command.arguments.end(), words.begin(), words.end());
    };
    if (root)
        add({"--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"});
    else
        add({"--unshare-user", "--unshare-net", "--disable-userns"});
    add({"--ro-bind", "/usr", "/usr", "--ro-bind-try", "/bin", "/bin", "--ro-bind-try", "/lib",
         "/lib", "--ro-bind-try", "/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev", "--tmpfs",
         "/tmp", "--"});
    if (root)
        add({"/usr/bin/setpriv", "--reuid=200000", "--regid=200000", "--clear-groups",
             "--inh-caps=-all", "--bounding-set=-all", "--"});
    add({"/usr/bin/true"});
    TRY(auto const done, run(command, Deadline::after(Seconds(5))));
    if (done.exit_code == 0) return {};
    return fail(Code::Unavailable, "{}", trimmed(done.errors));
}

Result<> try_private_network() {
    if (::access("/usr/bin/slirp4netns", X_OK) != 0)
        return fail(Code::NotFound, "slirp4netns is not installed");
    if (::access("/dev/net/tun", R_OK | W_OK) != 0)
        return fail(Code::PermissionDenied, "this user may not use /dev/net/tun");
    return {};
}

}  // namespace

Machine probe_machine(NetworkChoice choice) {
    Machine machine;
    machine.root = ::geteuid() == 0;
    if (::access("/usr/bin/bwrap", X_OK) != 0)
        machine.no_sandbox = "bubblewrap is not installed";
    else if (auto const made = try_sandbox(machine.root); !made)
        machine.no_sandbox = fmt::format("bubblewrap does not work here: {}", made.error().message);
    machine.sandbox = machine.no_sandbox.empty();
    if (machine.root) {
        auto const blocked = choice.block_metadata
                                 ? block_metadata()
                                 : Result<>(fail(Code::Unavailable, "the configuration says so"));
        machine.metadata_blocked = blocked.has_value();
        if (!blocked) machine.metadata_open = blocked.error().message;
    } else if (choice.private_network) {
        auto const usable = try_private_network();
        machine.private_network = usable.has_value();
        if (!usable) machine.no_private_network = usable.error().message;
    }
    return machine;
}

}  // namespace carrel
