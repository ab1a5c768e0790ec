#include "app/program.hpp"

#include "app/access_commands.hpp"
#include "app/commands.hpp"
#include "app/course_commands.hpp"
#include "app/demo/demo.hpp"
#include "app/import/import_command.hpp"
#include "app/version.hpp"
#include "auth/directory/check_password.hpp"
#include "proxy/proxy.hpp"
#include "spawn/docker/guard/engine_guard.hpp"
#include "spawn/process/bridge.hpp"
#include "spawn/process/launcher.hpp"
#include "spawn/process/service_launch.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <filesystem>
#include <string_view>

namespace carrel {

namespace {

void print_error(Error const& error) { fmt::print(stderr, "carrel: {}\n", error.message); }

int exit_status(Result<> const& result) {
    if (result) return 0;
    print_error(result.error());
    return 1;
}

class CommandLine {
public:
    explicit CommandLine(MakeSpawner make_spawner) : make_spawner_(std::move(make_spawner)) {
        app_.set_version_flag("-V,--version", std::string(version));
        app_.require_subcommand(1);
        add_serve();
        add_control();
        add_upgrade();
        add_user();
        add_token();
        add_course_commands(*app_.add_subcommand("course", "courses of a platform that runs"),
                            course_,
                            [this](std::function<int()> run) { chosen_ = std::move(run); });
        add_access_commands(*app_.add_subcommand("access", "who may in, of a platform that runs"),
                            access_,
                            [this](std::function<int()> run) { chosen_ = std::move(run); });
        add_configuration();
        add_plan();
        add_engine_guard();
        add_mail();
        add_demo();
        add_import();
        // Both parse their own arguments; they are here for the help alone.
        app_.add_subcommand("proxy", "the proxy alone; takes configurable-http-proxy's flags");
    }

    int run(int count, char** arguments) {
        try {
            app_.parse(count, arguments);
        } catch (CLI::ParseError const& error) {
            // Asking for help and for the version are exceptions too.
            if (error.get_exit_code() == 0) return app_.exit(error);
            print_error({Code::InvalidArgument, complaint(error)});
            return 2;
        }
        return chosen_();
    }

private:
    /// What is wrong with the command line, in one line.
    std::string complaint(CLI::ParseError const& error) const {
        auto const unknown = app_.remaining();
        std::string text = error.get_name() == "RequiredError" && !unknown.empty()
                               ? "there is no command " + unknown.front()
                               : error.what();
        std::ranges::replace(text, '\n', ' ');
        text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
        return text + " (--help explains)";
    }

    CLI::App& add(CLI::App& parent, std::string const& name, std::string const& what,
                  std::function<Result<>()> run) {
        auto& command = *parent.add_subcommand(name, what);
        command.callback(
            [this, run = std::move(run)] { chosen_ = [run] { return exit_status(run()); }; });
        return command;
    }

    void add_serve() {
        auto& command = add(app_, "serve", "everything: portal, hub, dispatcher and proxy",
                            [this] { return serve(flags_, demo_ ? Demo::Yes : Demo::No); });
        add_settings_flags(command, flags_);
        command.add_flag("--demo", demo_, "put people and a course into an empty platform");
    }

    void add_control() {
        auto& command = add(app_, "control", "the control process alone, behind a proxy", [this] {
            return control(flags_, demo_ ? Demo::Yes : Demo::No, supervision_, make_spawner_);
        });
        add_settings_flags(command, flags_);
        // For `carrel serve` alone: kept out of the help.
        command.add_option("--listen-fd", supervision_.listener)->group("");
        command.add_option("--ready-fd", supervision_.ready)->group("");
        command.add_flag("--demo", demo_, "put people and a course into an empty platform");
    }

    void add_upgrade() {
        auto& command = add(app_, "upgrade", "have a running `carrel serve` use the new program",
                            [this] { return upgrade(flags_); });
        add_settings_flags(command, flags_);
    }

    void add_user() {
        auto& user = *app_.add_subcommand("user", "people");
        user.require_subcommand(1);
        auto& command = add(user, "add", "add a person, or change the password of one",
                            [this] { return add_person(flags_, person_); });
        add_settings_flags(command, flags_);
        command.add_option("name", person_.name, "user name")->required();
        command.add_option("--role", person_.role, "administrator, leader or participant")
            ->check(CLI::IsMember({"administrator", "leader", "participant"}));
        command.add_option("--email", person_.email, "e-mail address");
        command
            .add_flag("--password-stdin", person_.password_on_standard_input,
                      "read the password from standard input")
            ->required();
        add_user_removal(user);
        add_factor_reset(user);
    }

    void add_user_removal(CLI::App& user) {
        auto& command = add(user, "remove", "remove a person, and say what becomes of their files",
                            [this] { return remove_person(flags_, removal_); });
        add_settings_flags(command, flags_);
        command.add_option("name", removal_.name, "user name")->required();
        command.add_option("--leftovers", removal_.leftovers, "keep, export or delete")
            ->required()
            ->check(CLI::IsMember({"keep", "export", "delete"}));
    }

    void add_factor_reset(CLI::App& user) {
        auto& command =
            add(user, "reset-factors", "take the second factors of a person away who has lost them",
                [this] { return reset_factors_of(flags_, factors_of_); });
        add_settings_flags(command, flags_);
        command.add_option("name", factors_of_, "user name")->required();
    }

    void add_token() {
        auto& token = *app_.add_subcommand("token", "API tokens");
        token.require_subcommand(1);
        auto& command = add(token, "create", "make a token for a person and print it",
                            [this] { return create_token(flags_, token_); });
        add_settings_flags(command, flags_);
        command.add_option("name", token_.user, "user name")->required();
        command.add_option("--note", token_.note, "what it is for");
        command.add_option("--scopes", token_.scopes, "space-separated; all when absent");
        command.add_option("--expires-in", token_.expires_in, "seconds; never when absent")
            ->check(CLI::Range(1LL, 10LL * 366 * 24 * 3600));
    }

    void add_configuration() {
        add_settings_flags(add(app_, "check-config", "say whether the configuration is right",
                               [this] { return check_configuration(flags_); }),
                           flags_);
        add_settings_flags(add(app_, "print-config", "print every setting in force",
                               [this] { return print_configuration(flags_); }),
                           flags_);
        add_settings_flags(add(app_, "doctor", "look at this machine and say what Carrel will lack",
                               [this] { return doctor(flags_); }),
                           flags_);
        add_settings_flags(add(app_, "health", "say whether the platform that runs here answers",
                               [this] { return health(flags_); }),
                           flags_);
    }

    void add_engine_guard() {
        auto& command =
            add(app_, "engine-guard", "lets a hub use a Docker Engine for its servers alone",
                [this] { return run_engine_guard(guard_); });
        command.add_option("--folder", guard_.folder, "of the platform, the same for the engine")
            ->required();
        command.add_option("--owner", guard_.owner, "the number of the hub's user and group")
            ->required();
        command.add_option("--engine", guard_.engine, "the engine's socket");
        command.add_option("--subnets", guard_.range, "from where networks take addresses");
    }

    void add_plan() {
        auto& command = add(app_, "plan", "what a class needs of a machine, and what one carries",
                            [this] { return plan(flags_, plan_); });
        add_settings_flags(command, flags_);
        command.add_option("--people", plan_.people, "how many are in the class")
            ->required()
            ->check(CLI::Range(1, 100'000));
        command.add_option("--at-once", plan_.at_once_percent, "percent who work at the same time")
            ->check(CLI::Range(1, 100));
        auto const positive = CLI::Range(0.01, 100'000.0);
        command.add_option("--cpu", plan_.cpu, "cores of each")->check(positive);
        command.add_option("--memory-gib", plan_.memory_gib, "memory of each")->check(positive);
        command.add_option("--storage-gib", plan_.storage_gib, "home of each")->check(positive);
        command.add_option("--machine-cpu", plan_.machine_cpu, "cores, instead of this machine's")
            ->check(positive);
        command.add_option("--machine-memory-gib", plan_.machine_memory_gib, "likewise")
            ->check(positive);
        command.add_option("--machine-storage-gib", plan_.machine_storage_gib, "likewise")
            ->check(positive);
    }

    void add_mail() {
        auto& mail = *app_.add_subcommand("mail", "mail that Carrel sends");
        mail.require_subcommand(1);
        auto& command = add(mail, "test", "send a test message to an address",
                            [this] { return mail_test(flags_, address_); });
        add_settings_flags(command, flags_);
        command.add_option("address", address_, "an e-mail address")->required();
    }

    void add_demo() {
        auto& command = add(app_, "demo", "one course through its whole life, without hands",
                            [this] { return run_demo(flags_); });
        add_settings_flags(command, flags_);
    }

    void add_import() {
        auto& command = add(app_, "import-jupyterhub", "bring a JupyterHub's people into a course",
                            [this] { return import_jupyterhub(flags_, import_); });
        add_settings_flags(command, flags_);
        command.add_option("database", import_.database, "its jupyterhub.sqlite, or a copy")
            ->required();
        command.add_option("--course", import_.course, "the course's slug")->required();
        command.add_flag("--apply", import_.apply, "do it, instead of saying what would happen");
        command.add_option("--names", import_.names,
                           "file of lines \"name in JupyterHub,new-name\"");
        command
            .add_option("--admins", import_.admins,
                        "what its admins become: participants, leaders or administrators")
            ->check(CLI::IsMember({"participants", "leaders", "administrators"}));
        command.add_option("--passwords-to", import_.passwords_to,
                           "give a first password to all who have none, and write them to this "
                           "new file");
    }

    CLI::App app_{"Carrel: on-demand Jupyter for courses", "carrel"};
    MakeSpawner make_spawner_;
    SettingsFlags flags_;
    Supervision supervision_;
    PersonToAdd person_;
    PersonToRemove removal_;
    std::string factors_of_;
    TokenToCreate token_;
    ClassToPlan plan_;
    EngineGuardOptions guard_;
    CourseFlags course_;
    AccessFlags access_;
    JupyterHubImport import_;
    std::string address_;
    bool demo_ = false;
    std::function<int()> chosen_;
};

}  // namespace

int run_program(int count, char** arguments, MakeSpawner make_spawner) {
    std::signal(SIGPIPE, SIG_IGN);
    if (std::filesystem::path(count > 0 ? arguments[0] : "").filename() ==
        "configurable-http-proxy")
        return proxy::run_proxy({arguments + 1, arguments + count}, true);
    std::string_view const command = count > 1 ? arguments[1] : "";
    if (command == "proxy") return proxy::run_proxy({arguments + 2, arguments + count});
    if (command == "launch") return launch_main();
    if (command == "check-password") return check_password_main();
    if (command == "bridge") return bridge_main(count, arguments);
    if (command == "service") return service_main(count, arguments);
    try {
        return CommandLine(std::move(make_spawner)).run(count, arguments);
    } catch (std::exception const& error) {
        // Nothing is expected to come here; if it does, a sentence is better than a stack trace.
        fmt::print(stderr, "carrel: unexpected: {}\n", error.what());
        return 1;
    }
}

}  // namespace carrel
