#include "app/commands.hpp"

#include <CLI/CLI.hpp>

namespace carrel {

std::vector<std::string> SettingsFlags::as_arguments() const {
    std::vector<std::string> arguments;
    auto const add = [&](char const* flag, std::string const& value) {
        arguments.emplace_back(flag);
        arguments.push_back(value);
    };
    for (auto const& file : files) add("--config", file);
    if (ip) add("--ip", *ip);
    if (port) add("--port", std::to_string(*port));
    if (data) add("--data", *data);
    for (auto const& item : overrides) add("--set", item);
    return arguments;
}

void add_settings_flags(CLI::App& command, SettingsFlags& flags) {
    command
        .add_option("--config", flags.files, "a carrel.toml; may be repeated, the later one wins")
        ->check(CLI::ExistingFile);
    command.add_option("--ip", flags.ip, "the address to listen on; * is all (server.ip)");
    command.add_option("--port", flags.port, "the port to listen on; 0 is any (server.port)");
    command.add_option("--data", flags.data, "the folder that keeps everything (server.data)");
    command.add_option("--set", flags.overrides, "any setting: SECTION.KEY=VALUE; may be repeated");
}

Result<Settings> settings_from(SettingsFlags const& flags) {
    Sources sources;
    for (auto const& file : flags.files) sources.files.emplace_back(file);
    sources.environment = carrel_environment();
    sources.overrides = flags.overrides;
    if (flags.ip) sources.overrides.push_back("server.ip=" + *flags.ip);
    if (flags.port) sources.overrides.push_back(fmt::format("server.port={}", *flags.port));
    if (flags.data) sources.overrides.push_back("server.data=" + *flags.data);
    return load_settings(sources);
}

}  // namespace carrel
