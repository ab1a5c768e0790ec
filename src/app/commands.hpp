#pragma once

/// What each command of `carrel` does. Every error is one sentence for the person at the terminal.

#include "base/result.hpp"
#include "config/settings.hpp"
#include "spawn/spawner.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own name
class App;
}

namespace carrel {

namespace http {
class Client;
}
class BlockingPool;

/// What the command line says about the settings.
struct SettingsFlags {
    std::vector<std::string> files;
    std::optional<std::string> ip;
    std::optional<int> port;
    std::optional<std::string> data;
    std::vector<std::string> overrides;  ///< "section.key=value"

    /// The same flags as arguments, for a child process.
    [[nodiscard]] std::vector<std::string> as_arguments() const;
};

/// The flags that say where a platform is and how it is configured.
void add_settings_flags(CLI::App& command, SettingsFlags& flags);

/// Files, environment and flags together.
[[nodiscard]] Result<Settings> settings_from(SettingsFlags const& flags);

/// Makes another spawner than that of processes: what is measured without the cost of servers.
using MakeSpawner = std::function<Result<std::unique_ptr<Spawner>>(BlockingPool&, http::Client&)>;

enum class Demo { No, Yes };

Result<> serve(SettingsFlags const& flags, Demo demo);

/// What a supervisor adds to the command line of its control process.
struct Supervision {
    int listener = -1;  ///< an open listening socket, instead of one that control makes
    int ready = -1;     ///< a line is written here, and it is closed, once requests are answered
};
Result<> control(SettingsFlags const& flags, Demo demo, Supervision supervision,
                 MakeSpawner make_spawner);

/// Has the `carrel serve` of this data folder go over to the program that is installed now, and
/// says in a sentence what became of it.
Result<> upgrade(SettingsFlags const& flags);

struct PersonToAdd {
    std::string name;
    std::string role = "participant";
    std::string email;
    bool password_on_standard_input = false;
};
/// Adds a person; for one that is there, sets password and role anew.
Result<> add_person(SettingsFlags const& flags, PersonToAdd const& person);

struct PersonToRemove {
    std::string name;
    std::string leftovers;  ///< "keep", "export" or "delete"
};
/// Writes the order; the platform carries it out.
Result<> remove_person(SettingsFlags const& flags, PersonToRemove const& person);

/// Takes the second factors away from who has lost them, also from the last administrator.
Result<> reset_factors_of(SettingsFlags const& flags, std::string const& person);

struct TokenToCreate {
    std::string user;
    std::string note = "made on the command line";
    std::string scopes;
    std::optional<long long> expires_in;
};
Result<> create_token(SettingsFlags const& flags, TokenToCreate const& token);

struct ClassToPlan {
    int people = 0;
    int at_once_percent = 60;
    double cpu = 1;
    double memory_gib = 1;
    double storage_gib = 5;
    /// Of a machine that is only thought of; otherwise this one's are read.
    std::optional<double> machine_cpu;
    std::optional<double> machine_memory_gib;
    std::optional<double> machine_storage_gib;
};
/// Prints what a class needs, what the machine has, and how many people it carries.
Result<> plan(SettingsFlags const& flags, ClassToPlan const& wanted);

/// Succeeds when both processes of the platform that runs here answer.
Result<> health(SettingsFlags const& flags);

/// Sends one message to this address, at once, and says what became of it.
Result<> mail_test(SettingsFlags const& flags, std::string const& address);

Result<> check_configuration(SettingsFlags const& flags);
Result<> print_configuration(SettingsFlags const& flags);
Result<> doctor(SettingsFlags const& flags);

}  // namespace carrel
