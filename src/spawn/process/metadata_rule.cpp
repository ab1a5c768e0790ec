#include "spawn/process/metadata_rule.hpp"

#include "base/text.hpp"
#include "runtime/subprocess.hpp"
#include "spawn/process/sandbox_network.hpp"
#include "spawn/process/server_folder.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace carrel {

namespace {

// Before the machine's main table (32766), after its local one (0).
constexpr auto name_service_priority = "5090";
constexpr auto prohibit_priority = "5091";

constexpr std::string_view metadata_v6[] = {"fd00:ec2::254/128", "fd20:ce::254/128"};

Result<> add_rule(char const* family, std::vector<std::string> const& rule) {
    Command command{.arguments = {"/usr/sbin/ip", family, "rule", "add"}};
    command.arguments.insert(command.arguments.end(), rule.begin(), rule.end());
    TRY(auto const done, run(command, Deadline::after(Seconds(5))));
    // A rule that is there already is what we want.
    if (done.exit_code == 0 || done.errors.find("File exists") != std::string::npos) return {};
    return fail(Code::Unavailable, "set a routing rule: {}", trimmed(done.errors));
}

/// Some clouds resolve names at a link-local address; that one service stays open.
std::vector<std::string> link_local_name_servers() {
    std::vector<std::string> servers;
    auto const text = read_small_file("/etc/resolv.conf");
    if (!text) return servers;
    for (auto const line : split(*text, '\n')) {
        if (!line.starts_with("nameserver ")) continue;
        auto const address = trimmed(line.substr(11));
        if (address.starts_with("169.254.") || address == "168.63.129.16" ||
            address == "100.100.100.200")
            servers.emplace_back(address);
    }
    return servers;
}

/// For whom the selector of `ip rule` names.
Result<> block_metadata_of(std::vector<std::string> const& whom) {
    auto const rule = [&](char const* priority, std::vector<std::string> const& rest) {
        std::vector<std::string> words = {"priority", priority};
        words.insert(words.end(), whom.begin(), whom.end());
        words.insert(words.end(), rest.begin(), rest.end());
        return add_rule("-4", words);
    };
    for (auto const& server : link_local_name_servers())
        for (auto const* protocol : {"udp", "tcp"})
            TRY_VOID(rule(name_service_priority,
                          {"to", server, "ipproto", protocol, "dport", "53", "lookup", "main"}));
    for (auto const network : metadata_networks())
        TRY_VOID(rule(prohibit_priority, {"to", std::string(network), "prohibit"}));
    return {};
}

}  // namespace

Result<> close_machine_to(std::string const& range) {
    TRY_VOID(block_metadata_of({"from", range}));
    // What this machine itself sends: its answers.
    return add_rule("-4", {"priority", prohibit_priority, "iif", "lo", "to", range, "prohibit"});
}

Result<> block_metadata() {
    auto const uids = fmt::format("{}-{}", first_server_uid, last_server_uid);
    TRY_VOID(block_metadata_of({"uidrange", uids}));
    std::error_code ignored;
    if (!std::filesystem::exists("/proc/net/if_inet6", ignored)) return {};
    for (auto const network : metadata_v6)
        TRY_VOID(add_rule("-6", {"priority", prohibit_priority, "uidrange", uids, "to",
                                 std::string(network), "prohibit"}));
    return {};
}

}  // namespace carrel
