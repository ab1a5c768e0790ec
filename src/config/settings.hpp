#pragma once

/// Everything that can be configured, as typed values. docs/reference/config.md is made from the
/// table in setting_table.cpp, which also parses; see there for ranges and defaults.

#include "base/clock.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace carrel {

struct ServerSettings {
    std::string ip = "127.0.0.1";
    int port = 8000;
    std::filesystem::path data = "data";  ///< absolute once loaded
    std::string domain;
    std::string tls_cert;
    std::string tls_key;
};

struct StoreSettings {
    std::string url;  ///< "" is sqlite in the data folder
};

struct DispatcherSettings {
    Milliseconds tick{5'000};
    Seconds lead{600};
    Seconds deploy_deadline{900};
    Seconds degrade_deadline{3600};
};

struct HubSection {
    int concurrent_starts = 10;
    Seconds start_timeout{60};
    Seconds stop_timeout{10};
    Seconds idle_timeout{3600};
};

struct GovernanceSettings {
    bool accept_own_courses = false;
};

struct LimitSettings {
    int participants_max = 500;
    double cpu_max = 4;
    double memory_gib_max = 16;
    double storage_gib_max = 100;
};

struct LogSettings {
    std::string level = "info";  ///< debug, info, warn, error
};

/// [environments.<name>]
struct EnvironmentSettings {
    std::string name;
    std::string title;  ///< the name when absent
    std::string description;
    std::vector<std::string> command;
    std::string default_url = "/lab";
    std::vector<std::filesystem::path> read_only;
    std::map<std::string, std::string> variables;
    std::string ready_path = "api/status";
};

struct Settings {
    ServerSettings server;
    StoreSettings store;
    DispatcherSettings dispatcher;
    HubSection hub;
    GovernanceSettings governance;
    LimitSettings limits;
    LogSettings log;
    std::map<std::string, EnvironmentSettings> environments;
};

/// Where settings come from, weakest first: files in order, environment, overrides.
struct Sources {
    std::vector<std::filesystem::path> files;
    std::map<std::string, std::string> environment;  ///< CARREL_SERVER_PORT=8080
    std::vector<std::string> overrides;              ///< "server.port=8080"
};

/// The variables of this process that begin with CARREL_.
[[nodiscard]] std::map<std::string, std::string> carrel_environment();

/// InvalidArgument names file, line and key: an unknown key (with the nearest known one), a wrong
/// type, a value out of range.
[[nodiscard]] Result<Settings> load_settings(Sources const& sources);

/// As a TOML file that gives the same settings.
[[nodiscard]] std::string print_settings(Settings const& settings);

/// docs/reference/config.md.
[[nodiscard]] std::string describe_settings();

}  // namespace carrel
