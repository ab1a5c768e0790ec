#include "spawn/docker/container_spec.hpp"

#include "base/gibibytes.hpp"
#include "spawn/docker/container_bridge.hpp"
#include "spawn/process/sandbox_arguments.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace carrel {

using nlohmann::json;

namespace {

constexpr long long mebibyte = 1024LL * 1024;

/// As `docker run IMAGE COMMAND…` does: a command of our own stands behind the image's entrypoint.
std::vector<std::string> words_of(Environment const& environment, EngineImage const& image) {
    auto words = image.entrypoint;
    auto const& command = environment.command.empty() ? image.command : environment.command;
    words.insert(words.end(), command.begin(), command.end());
    return words;
}

json variables_of(ServerSpec const& spec, EngineImage const& image, std::string const& home) {
    auto variables = server_environment(spec, home);
    // The image knows best where its programs are and which shell it has.
    variables.erase("SHELL");
    for (auto const& variable : image.variables) {
        auto const name = variable.substr(0, variable.find('='));
        if (name == "PATH" || name == "LANG") variables.erase(name);
    }
    auto list = json::array();
    for (auto const& [name, value] : variables) list.push_back(name + "=" + value);
    return list;
}

json limit(char const* name, long long value) {
    return {{"Name", name}, {"Soft", value}, {"Hard", value}};
}

/// Without the engine's usual copy of what the image has there, for which it would take the
/// folder's owner and rights from the image.
json home_mount(std::string const& volume, std::string const& target) {
    return {{"Type", "volume"},
            {"Source", volume},
            {"Target", target},
            {"VolumeOptions", {{"NoCopy", true}}}};
}

json folder_mount(std::filesystem::path const& folder, std::string const& target) {
    return {{"Type", "bind"}, {"Source", folder.string()}, {"Target", target}};
}

json read_only(json mount) {
    mount["ReadOnly"] = true;
    return mount;
}

/// What may be written beside the home: in memory, within its limit. So are the folders for which
/// the image wants nameless volumes: those would be on the disk, and without a limit.
json memory_folders(ServerSpec const& spec, EngineImage const& image, std::string const& home) {
    auto const room = container_room(bytes_of_gib(spec.resources.memory_gib));
    json folders = {{"/tmp", room}, {"/var/tmp", room}};
    if (spec.environment.writable_root) return folders;
    for (auto const& folder : image.volumes) {
        auto path = std::filesystem::path(folder).lexically_normal().string();
        if (path.ends_with('/')) path.pop_back();
        bool const ours = path == home || path == sandbox_box || path == sandbox_hub;
        if (path.starts_with('/') && !ours) folders[path] = room;
    }
    return folders;
}

json host_part(ServerSpec const& spec, EngineImage const& image, ContainerPlace const& place,
               std::string const& home) {
    auto const memory = bytes_of_gib(spec.resources.memory_gib);
    auto const largest_file = std::max(bytes_of_gib(spec.resources.storage_gib), mebibyte);
    return {
        // What it can do to others: nothing.
        {"CapDrop", {"ALL"}},
        {"SecurityOpt", {"no-new-privileges"}},
        {"Privileged", false},
        {"NetworkMode", place.network},
        {"IpcMode", "private"},
        {"ReadonlyRootfs", !spec.environment.writable_root},
        {"Tmpfs", memory_folders(spec, image, home)},
        {"Mounts",
         {home_mount(place.home_volume, home), folder_mount(place.box, std::string(sandbox_box))}},
        // What it can use up: its own share.
        {"Memory", memory},
        {"MemorySwap", memory},
        {"NanoCpus", std::llround(spec.resources.cpu * 1e9)},
        {"PidsLimit", place.most_processes},
        // How many files may be open is the engine's to say: more than its own it cannot give.
        {"Ulimits", {limit("core", 0), limit("fsize", largest_file)}},
        {"LogConfig", {{"Type", "json-file"}, {"Config", {{"max-size", "4m"}, {"max-file", "2"}}}}},
        // Who starts it is Carrel alone.
        {"RestartPolicy", {{"Name", "no"}}},
        {"AutoRemove", false},
        {"Init", place.init}};
}

}  // namespace

std::string container_room(long long memory) {
    return fmt::format("rw,exec,nosuid,nodev,mode=1777,size={}", memory);
}

Result<json> container_body(ServerSpec const& given, EngineImage const& image,
                            ContainerPlace const& place) {
    TRY(auto entrypoint, container_bridge_words(given.environment, image));
    bool const bridged = !entrypoint.empty();
    auto spec = given;
    spec.environment.command = words_of(given.environment, image);
    auto const home = sandbox_home(spec);
    auto const socket = fmt::format("{}/server.sock", sandbox_box);
    std::ranges::copy(server_command(spec, home, socket, {}), std::back_inserter(entrypoint));
    auto host = host_part(spec, image, place, home);
    for (auto const& folder : spec.environment.read_only)
        host["Mounts"].push_back(read_only(folder_mount(folder, folder.string())));
    for (auto const& folder : spec.course_folders) {
        auto mount = folder_mount(folder.from, place_in_sandbox(folder).string());
        host["Mounts"].push_back(folder.writable ? std::move(mount) : read_only(std::move(mount)));
    }
    if (bridged)
        host["Mounts"].push_back(
            read_only(folder_mount(place.bridge_program, std::string(container_bridge))));
    if (spec.environment.kind == EnvironmentKind::JupyterHub)
        host["Mounts"].push_back(read_only(folder_mount(place.hub, std::string(sandbox_hub))));
    return json{{"Image", image.id},
                {"Hostname", spec.course},
                {"User", place.user},
                {"WorkingDir", home},
                {"Env", variables_of(spec, image, home)},
                {"Entrypoint", std::move(entrypoint)},
                {"Cmd", json::array()},
                // Whether it lives is looked at by Carrel.
                {"Healthcheck", {{"Test", {"NONE"}}}},
                {"StopSignal", "SIGTERM"},
                {"Labels",
                 {{instance_label, place.instance},
                  {server_label, spec.id},
                  {course_label, spec.course},
                  {user_label, spec.user}}},
                {"HostConfig", std::move(host)}};
}

}  // namespace carrel
