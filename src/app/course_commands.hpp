#pragma once

/// `carrel course …`: courses from the terminal, by the REST API of a platform that runs. What each
/// prints is for people; with `json` it is the API's own answer.

#include "app/commands.hpp"

#include <CLI/CLI.hpp>

#include <functional>

namespace carrel {

/// Where the platform is, who asks, and how the answer is printed.
struct ApiFlags {
    SettingsFlags settings;  ///< say where the local platform listens
    std::string url;         ///< empty: the local platform's
    std::string token_file;  ///< empty: CARREL_TOKEN has the token
    bool json = false;
};

/// The flags that say so.
void add_api_options(CLI::App& command, ApiFlags& flags);

struct CourseFlags {
    ApiFlags api;
    std::string slug;
    std::string state;   ///< list, participants: only these
    std::string reason;  ///< reject
    bool rotate = false;
    std::vector<std::string> people;
    // request
    std::string name;
    std::string description;
    std::string starts_at;  ///< empty: now
    std::string ends_at;    ///< empty: never
    std::optional<int> participants;
    std::optional<double> cpu;
    std::optional<double> memory_gib;
    std::optional<double> storage_gib;
    std::string environment;
    std::string image;  ///< empty: the environment's
    bool shared_folder = false;
    std::string target;
};

/// Adds the commands below `course`; the chosen one calls `choose` with what is to be run.
/// `flags` has to live as long as the command line.
void add_course_commands(CLI::App& course, CourseFlags& flags,
                         std::function<void(std::function<int()>)> const& choose);

/// How a command of `carrel course` ends, so that scripts can tell refusals apart; written down in
/// docs/reference/commands.md. Prints the error.
[[nodiscard]] int course_exit_status(Result<> const& result);

}  // namespace carrel
