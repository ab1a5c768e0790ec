#include "app/access_setup.hpp"
#include "app/commands.hpp"
#include "app/demo_seed.hpp"
#include "app/first_steps.hpp"
#include "app/hub_programs.hpp"
#include "app/port_check.hpp"
#include "app/root_course.hpp"
#include "app/supervisor.hpp"
#include "app/wiring.hpp"
#include "runtime/called_program.hpp"
#include "runtime/log.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

namespace carrel {

namespace {

log::Level to_level(std::string const& name) {
    if (name == "debug") return log::Level::Debug;
    if (name == "warn") return log::Level::Warn;
    if (name == "error") return log::Level::Error;
    return log::Level::Info;
}

/// One arena of malloc's for the hub's thread, one for all that work for it: with one each, each
/// keeps what the longest list that it ever made has needed. Call before there are threads.
void share_memory_among_threads() { ::mallopt(M_ARENA_MAX, 2); }

/// Whether a terminal that is closed takes us along.
bool has_terminal() {
    int const terminal = ::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0) return false;
    ::close(terminal);
    return true;
}

/// A control process that was told to end, but not waited for, may still be stopping servers.
constexpr Milliseconds patience_with_the_last{60'000};

std::filesystem::path logins_file(Folders const& folders) { return folders.data / "logins.txt"; }

}  // namespace

Result<> serve(SettingsFlags const& flags, Demo demo) {
    auto const program = called_program().string();
    TRY(auto const settings, settings_from(flags));
    // Said once, and not by each control process that is started in vain.
    TRY_VOID(hub_programs(settings));
    TRY_VOID(hub_paths(settings));
    TRY_VOID(check_access(settings));
    log::start("serve", to_level(settings.log.level));
    TRY(auto const folders, make_folders(settings.server.data));
    TRY(auto const lock, FolderLock::acquire(folders.data));
    TRY_VOID(check_governed(settings));
    TRY_VOID(check_port_is_free(settings.server.ip, settings.server.port));
    if (settings.server.redirect_port != 0)
        TRY_VOID(check_port_is_free(settings.server.ip, settings.server.redirect_port));
    SystemRandom random;
    TRY(auto const secrets, load_secrets(folders.secrets(), random));
    TRY(auto certificate, provide_certificate(settings.server, folders.data, SystemClock()));
    auto arguments = flags.as_arguments();
    if (demo == Demo::Yes) arguments.emplace_back("--demo");
    return supervise({.settings = settings,
                      .folders = folders,
                      .secrets = secrets,
                      .certificate = std::move(certificate),
                      .control_arguments = std::move(arguments),
                      .logins = demo == Demo::Yes ? logins_file(folders) : "",
                      .program = program,
                      .on_terminal = has_terminal()});
}

Result<> control(SettingsFlags const& flags, Demo demo, Supervision supervision,
                 MakeSpawner make_spawner) {
    share_memory_among_threads();
    // Notebook servers, which are started from here, must not get them.
    for (int const descriptor : {supervision.listener, supervision.ready})
        if (descriptor >= 0) ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    TRY(auto settings, settings_from(flags));
    log::start("control", to_level(settings.log.level));
    TRY(auto folders, make_folders(settings.server.data));
    // Also what says that an interrupted deployment of this folder is nobody's any more.
    TRY(auto const lock, FolderLock::acquire_for_control(folders.data, patience_with_the_last));
    SystemRandom random;
    TRY(auto secrets, load_secrets(folders.secrets(), random));
    auto const limits = course_limits(settings);
    FirstSteps const steps{.variables = carrel_environment(),
                           .root_course = settings.hub.root_course,
                           .limits = limits};
    TRY(auto const certificate, provide_certificate(settings.server, folders.data, SystemClock()));
    std::optional<AcmeClient> acme;
    if (certificate && !certificate->challenges.empty())
        acme.emplace(settings.server, folders.data, *certificate).start();
    TRY(auto const control, Control::create({.settings = std::move(settings),
                                             .folders = folders,
                                             .secrets = std::move(secrets),
                                             .listener = supervision.listener,
                                             .ready = supervision.ready,
                                             .make_spawner = std::move(make_spawner)}));
    TRY_VOID(
        take_first_steps(control->store(), PasswordHasher(), random, SystemClock().now(), steps));
    if (demo == Demo::Yes)
        TRY_VOID(seed_demo(control->store(), PasswordHasher(), random, SystemClock().now(), limits,
                           logins_file(folders)));
    return control->run();
}

}  // namespace carrel
