#pragma once

/// The configuration: read once at start from TOML files, the environment and flags, in this order,
/// the later one wins. What each key means is in keys.cpp, from which parsing, printing and
/// docs/reference/config.md come. Plain values; nothing here changes while Carrel runs.

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/login_settings.hpp"
#include "config/mail_settings.hpp"

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
    /// Below which every person's servers have a name of their own; empty: all on one origin.
    std::string user_domain;
    std::string
        public_url;   ///< "https://hub.example.org"; with `user_domain` never empty once loaded
    std::string tls;  ///< "off", "files", "self-signed" or "acme" once loaded
    std::string tls_cert;
    std::string tls_key;
    int redirect_port = 0;  ///< 0: none
    std::string acme_url;
    std::string acme_email;
    int hsts_seconds = 0;
};

struct StoreSettings {
    std::string url;  ///< "sqlite:<absolute path>" once loaded
};

struct DispatcherSettings {
    Milliseconds tick{5'000};
    Milliseconds lead{600'000};
    Milliseconds deploy_deadline{900'000};
    Milliseconds degrade_deadline{3'600'000};
};

struct HubRunSettings {
    int concurrent_starts = 10;
    Milliseconds start_timeout{60'000};
    Milliseconds idle_timeout{3'600'000};
    Milliseconds idle_warning{600'000};
    Milliseconds stop_timeout{10'000};
    int named_servers = 3;
    bool sharing = false;
    std::string root_course;
    int api_page_max_limit = 200;
};

/// The engine that runs servers whose environment has an image.
struct DockerSettings {
    std::string socket = "/var/run/docker.sock";
    int most_processes = 512;
    bool network = true;
    std::string subnets = "10.213.0.0/16";
    std::string registry_logins;
    Milliseconds pull_timeout{1'800'000};
};

struct AccountSettings {
    std::vector<std::string> second_factor_roles;
    bool second_factor_after_provider = false;
};

/// Who may in.
struct AccessSettings {
    std::vector<std::string> allow;
    std::vector<std::string> deny;
    std::vector<std::string> administrators;
    std::vector<std::string> leaders;
    std::vector<std::string> allow_groups;
    std::vector<std::string> deny_groups;
    std::string userlist;  ///< a path, absolute once loaded; empty: none
    std::string contact;
};

struct GovernanceSettings {
    bool accept_own_courses = false;
};

/// What a course may ask for, and what it gets when it does not say.
struct LimitSettings {
    double cpu_max = 4;
    double cpu_default = 1;
    double memory_gib_max = 16;
    double memory_gib_default = 1;
    double storage_gib_max = 100;
    double storage_gib_default = 1;
    int participants_max = 500;
    int participants_default = 25;
};

struct AuditSettings {
    int keep_days = 730;
};

struct LogSettings {
    std::string level = "info";
};

/// What a server runs: one [environments.<name>].
struct EnvironmentSettings {
    std::string name;
    std::string title;  ///< the name, when none is given
    std::string description;
    std::vector<std::string> command;
    std::string image;
    std::vector<std::string> allowed_images;  ///< patterns; see base/image_pattern.hpp
    bool writable_root = false;
    std::string default_url = "/lab";
    bool strip_base_url = false;
    std::vector<std::filesystem::path> read_only;
    std::string kind = "edge";
    std::string ready_path = "api/status";
    std::map<std::string, std::string> variables;
};

/// A role of courses' hubs: one [[roles]].
struct RoleSettings {
    std::string name;
    std::string description;
    std::vector<std::string> scopes;
    std::vector<std::string> users;
    std::vector<std::string> groups;
    std::vector<std::string> services;
    std::vector<std::string> courses;
};

/// A scope that services have made up: one [[custom_scopes]].
struct CustomScopeSettings {
    std::string name;
    std::string description;
    std::vector<std::string> subscopes;
};

/// A service of courses' hubs: one [[services]].
struct ServiceSettings {
    std::string name;
    std::string url;
    std::string api_token;  ///< from a file or a variable, once loaded
    std::string api_token_file;
    std::string api_token_variable;
    bool admin = false;
    std::vector<std::string> roles;
    std::vector<std::string> command;
    std::string cwd;
    std::map<std::string, std::string> environment;
    std::string oauth_redirect_uri;
    std::vector<std::string> oauth_client_allowed_scopes;
    bool oauth_no_confirm = false;
    bool display = true;
    std::vector<std::string> courses;
};

struct Settings {
    ServerSettings server;
    StoreSettings store;
    DispatcherSettings dispatcher;
    HubRunSettings hub;
    DockerSettings docker;
    AccountSettings accounts;
    MailSettings mail;
    AccessSettings access;
    GovernanceSettings governance;
    LimitSettings limits;
    AuditSettings audit;
    LogSettings log;
    std::map<std::string, EnvironmentSettings> environments;  ///< by name
    std::map<std::string, LoginSettings> logins;              ///< by name
    std::vector<RoleSettings> roles;
    std::vector<ServiceSettings> services;
    std::vector<CustomScopeSettings> custom_scopes;
};

struct Sources {
    std::vector<std::filesystem::path> files;
    std::map<std::string, std::string> environment;  ///< "CARREL_SERVER_PORT": "8000"
    std::vector<std::string> overrides;              ///< from flags: "server.port=8000"
    /// Relative paths start here.
    std::filesystem::path folder = std::filesystem::current_path();
};

/// The process's variables that begin with CARREL_.
[[nodiscard]] std::map<std::string, std::string> carrel_environment();

/// Reads and checks everything. InvalidArgument: a key is unknown, of the wrong type or out of
/// range; `message` names where it stands and `field` the key ("server.port"). NotFound: no file.
[[nodiscard]] Result<Settings> load_settings(Sources const& sources);

/// The settings as a TOML file that could be loaded again, but for secrets, which are "***".
[[nodiscard]] std::string print_settings(Settings const& settings);

/// docs/reference/config.md.
[[nodiscard]] std::string describe_settings_markdown();

}  // namespace carrel
