#include "spawn/docker/guard/guard_rules.hpp"

#include "base/text.hpp"
#include "spawn/docker/container_spec.hpp"
#include "spawn/docker/course_network.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace carrel {

using nlohmann::json;

namespace fs = std::filesystem;

namespace {

std::unexpected<Error> refused(std::string_view what) {
    return fail(Code::InvalidArgument, "the engine's guard refuses it: {}", what);
}

/// What `make` builds anew must be all that was asked for.
template <class Make>
Result<json> same_as(json const& asked, std::string_view kind, Make make) try {
    json const made = make();
    if (made == asked) return made;
    auto const difference = json::diff(made, asked);
    return refused(fmt::format("{} of no {} of Carrel's",
                               for_log(difference.at(0).at("path").get<std::string>(), 200), kind));
} catch (json::exception const&) {
    return refused(fmt::format("it is no {} of Carrel's", kind));
}

using Words = std::vector<std::string>;

/// Exactly these, whatever their values.
json labels(json const& asked, std::initializer_list<char const*> names) {
    auto made = json::object();
    for (auto const* name : names) made[name] = asked.at(name).get<std::string>();
    return made;
}

json mount(json const& asked) {
    auto const type = asked.at("Type").get<std::string>();
    json made = {{"Type", type == "volume" ? "volume" : "bind"},
                 {"Source", asked.at("Source").get<std::string>()},
                 {"Target", asked.at("Target").get<std::string>()}};
    if (type == "volume") made["VolumeOptions"] = {{"NoCopy", true}};
    if (asked.value("ReadOnly", false)) made["ReadOnly"] = true;
    return made;
}

json host_part(json const& asked) {
    auto const memory = asked.at("Memory").get<long long>();
    auto const room = container_room(memory);
    json folders = {{"/tmp", room}, {"/var/tmp", room}};
    for (auto const& [folder, how] : asked.at("Tmpfs").items())
        if (folder.starts_with('/')) folders[folder] = room;
    auto const largest = asked.at("Ulimits").at(1).at("Hard").get<long long>();
    auto mounts = json::array();
    for (auto const& each : asked.at("Mounts")) mounts.push_back(mount(each));
    return {
        {"CapDrop", {"ALL"}},
        {"SecurityOpt", {"no-new-privileges"}},
        {"Privileged", false},
        {"NetworkMode", asked.at("NetworkMode").get<std::string>()},
        {"IpcMode", "private"},
        {"ReadonlyRootfs", asked.at("ReadonlyRootfs").get<bool>()},
        {"Tmpfs", std::move(folders)},
        {"Mounts", std::move(mounts)},
        {"Memory", memory},
        {"MemorySwap", memory},
        {"NanoCpus", asked.at("NanoCpus").get<long long>()},
        {"PidsLimit", asked.at("PidsLimit").get<long long>()},
        {"Ulimits",
         {{{"Name", "core"}, {"Soft", 0}, {"Hard", 0}},
          {{"Name", "fsize"}, {"Soft", largest}, {"Hard", largest}}}},
        {"LogConfig", {{"Type", "json-file"}, {"Config", {{"max-size", "4m"}, {"max-file", "2"}}}}},
        {"RestartPolicy", {{"Name", "no"}}},
        {"AutoRemove", false},
        {"Init", asked.at("Init").get<bool>()}};
}

/// A network of the engine's own kinds ("host", "container:…") is none of ours.
bool is_network(std::string_view name) {
    return name == "none" || (name.starts_with("carrel-") && !name.contains(':'));
}

bool is_image_id(std::string_view id) {
    constexpr std::string_view kind = "sha256:";
    return id.starts_with(kind) && id.size() == kind.size() + 64 &&
           id.find_first_not_of("0123456789abcdef", kind.size()) == std::string_view::npos;
}

Result<> check_mounts(json const& mounts, GuardRules const& rules) {
    for (auto const& each : mounts) {
        auto const source = each.at("Source").get<std::string>();
        if (each.at("Type") == "bind") {
            TRY_VOID(check_shared_path(source, rules));
        } else if (!source.starts_with("carrel-")) {
            return refused(fmt::format("volume '{}'", for_log(source, 100)));
        }
    }
    return {};
}

}  // namespace

Result<> check_shared_path(fs::path const& path, GuardRules const& rules) {
    auto const wrong = [&](std::string_view what) {
        return refused(fmt::format("'{}' {}", for_log(path.string(), 200), what));
    };
    auto const below = path.lexically_relative(rules.folder);
    if (!path.is_absolute() || path != path.lexically_normal() || below.empty() ||
        below == fs::path(".") || *below.begin() == fs::path(".."))
        return wrong(fmt::format("is not below {}", rules.folder.string()));
    auto at = rules.folder;
    for (auto const& part : below) {
        at /= part;
        struct stat facts{};
        if (::lstat(at.c_str(), &facts) != 0) return wrong("is not there");
        if (S_ISLNK(facts.st_mode)) return wrong("leads through a symbolic link");
    }
    return {};
}

Result<json> guarded_container(json const& asked, GuardRules const& rules) {
    auto const make = [&] {
        return json{{"Image", asked.at("Image").get<std::string>()},
                    {"Hostname", asked.at("Hostname").get<std::string>()},
                    {"User", fmt::format("{0}:{0}", rules.owner)},
                    {"WorkingDir", asked.at("WorkingDir").get<std::string>()},
                    {"Env", asked.at("Env").get<Words>()},
                    {"Entrypoint", asked.at("Entrypoint").get<Words>()},
                    {"Cmd", json::array()},
                    {"Healthcheck", {{"Test", {"NONE"}}}},
                    {"StopSignal", "SIGTERM"},
                    {"Labels", labels(asked.at("Labels"),
                                      {instance_label, server_label, course_label, user_label})},
                    {"HostConfig", host_part(asked.at("HostConfig"))}};
    };
    TRY(auto made, same_as(asked, "container", make));
    auto const& host = made["HostConfig"];
    if (!is_image_id(made["Image"].get<std::string>())) return refused("the image has no id");
    if (!is_network(host["NetworkMode"].get<std::string>())) return refused("that network");
    for (auto const* limit : {"Memory", "NanoCpus", "PidsLimit"})
        if (host[limit].get<long long>() <= 0) return refused(fmt::format("{} without end", limit));
    if (host["Ulimits"][1]["Hard"].get<long long>() <= 0) return refused("files without end");
    TRY_VOID(check_mounts(host["Mounts"], rules));
    made["Labels"][guard_label] = rules.name;
    return made;
}

Result<json> guarded_volume(json const& asked, GuardRules const& rules) {
    auto const make = [&] {
        return json{
            {"Name", asked.at("Name").get<std::string>()},
            {"Driver", "local"},
            {"DriverOpts",
             {{"type", "none"},
              {"o", "bind"},
              {"device", asked.at("DriverOpts").at("device").get<std::string>()}}},
            {"Labels", labels(asked.at("Labels"), {instance_label, course_label, user_label})}};
    };
    TRY(auto made, same_as(asked, "volume", make));
    if (!made["Name"].get<std::string>().starts_with("carrel-")) return refused("that name");
    TRY_VOID(check_shared_path(made["DriverOpts"]["device"].get<std::string>(), rules));
    made["Labels"][guard_label] = rules.name;
    return made;
}

Result<json> guarded_network(json const& asked, GuardRules const& rules) {
    auto const make = [&] {
        auto const subnet = asked.at("IPAM").at("Config").at(0).at("Subnet").get<std::string>();
        return json{{"Name", asked.at("Name").get<std::string>()},
                    {"CheckDuplicate", true},
                    {"Driver", "bridge"},
                    {"EnableIPv6", false},
                    {"IPAM", {{"Driver", "default"}, {"Config", {{{"Subnet", subnet}}}}}},
                    {"Options",
                     {{"com.docker.network.bridge.enable_icc", "false"},
                      {"com.docker.network.bridge.enable_ip_masquerade", "true"}}},
                    {"Labels", labels(asked.at("Labels"), {instance_label, course_label})}};
    };
    TRY(auto made, same_as(asked, "network", make));
    if (!made["Name"].get<std::string>().starts_with("carrel-")) return refused("that name");
    auto const subnet = made["IPAM"]["Config"][0]["Subnet"].get<std::string>();
    TRY(auto const wanted, parse_address_range(subnet));
    TRY(auto const whole, parse_address_range(rules.range));
    if (wanted.first < whole.first || wanted.last > whole.last)
        return refused(
            fmt::format("{} is not within {}, the guard's --subnets", subnet, rules.range));
    made["Labels"][guard_label] = rules.name;
    return made;
}

}  // namespace carrel
