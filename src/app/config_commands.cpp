#include "app/access_setup.hpp"
#include "app/commands.hpp"
#include "app/folders.hpp"
#include "app/hub_programs.hpp"
#include "app/port_check.hpp"
#include "app/root_course.hpp"
#include "homes/local/local_home_store.hpp"
#include "http/client.hpp"
#include "spawn/docker/registry_logins.hpp"
#include "spawn/process/process_spawner.hpp"

namespace carrel {

Result<> check_configuration(SettingsFlags const& flags) {
    TRY(auto const settings, settings_from(flags));
    if (settings.environments.empty())
        return fail(
            Code::InvalidArgument,
            "the configuration is readable, but no [environments.NAME] is in it, so servers "
            "have nothing to run");
    TRY_VOID(hub_programs(settings));
    TRY_VOID(hub_paths(settings));
    TRY_VOID(check_access(settings));
    TRY_VOID(RegistryLogins(settings.docker.registry_logins).check());
    fmt::print("the configuration is right; environments: ");
    std::string separator;
    for (auto const& [name, environment] : settings.environments)
        fmt::print("{}{}", std::exchange(separator, ", "), name);
    fmt::print("\n");
    return {};
}

Result<> print_configuration(SettingsFlags const& flags) {
    TRY(auto const settings, settings_from(flags));
    fmt::print("{}", print_settings(settings));
    return {};
}

Result<> doctor(SettingsFlags const& flags) {
    TRY(auto const settings, settings_from(flags));
    TRY(auto const folders, make_folders(settings.server.data));
    fmt::print("data folder    {}: can be written\n", folders.data.string());
    auto const port = check_port_is_free(settings.server.ip, settings.server.port);
    fmt::print("port           {}\n",
               port ? fmt::format("{} is free", settings.server.port) : port.error().message);
    for (auto const& [name, environment] : settings.environments) {
        auto const& program = environment.command.front();
        bool const there =
            program.find('/') == std::string::npos || std::filesystem::exists(program);
        fmt::print("environment    {}: {}\n", name,
                   there ? "configured" : fmt::format("{} is missing", program));
    }
    if (settings.environments.empty()) fmt::print("environment    none is configured\n");
    TRY(auto const homes, LocalHomeStore::create({.homes_folder = folders.homes(),
                                                  .exports_folder = folders.exports(),
                                                  .own_uids = ::geteuid() == 0}));
    auto const unlimited = homes->unlimited_because();
    fmt::print("homes          {}\n", unlimited
                                          ? fmt::format("not limited in size: {}", *unlimited)
                                          : "limited to the storage that a course gives each");
    BlockingPool pool(2);
    http::Client client;
    TRY(auto const spawner, ProcessSpawner::create({.runtime_folder = folders.runtime,
                                                    .log_folder = folders.server_logs(),
                                                    .launcher = {"/proc/self/exe", "launch"},
                                                    .hidden = {folders.data}},
                                                   pool, client));
    auto const isolation = spawner->isolation();
    fmt::print("isolation      {}\n", name_of(isolation.level));
    for (auto const& notice : isolation.notices) fmt::print("               - {}\n", notice);
    return {};
}

}  // namespace carrel
