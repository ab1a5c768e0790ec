#pragma once

/// What a JupyterHub remembers in its database, as far as Carrel can take it over. Plain values;
/// `read_jupyterhub` blocks.

#include "base/clock.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace carrel {

struct JupyterHubUser {
    std::string name;
    bool admin = false;  ///< marked as one, or of the role `admin`
    std::optional<Time> created;
    std::optional<Time> last_activity;
};

struct JupyterHubGroup {
    std::string name;
    std::string properties = "{}";     ///< JSON
    std::vector<std::string> members;  ///< users' names
};

struct JupyterHubRole {
    std::string name;
    std::string description;
    std::vector<std::string> scopes;
    std::vector<std::string> users;
    std::vector<std::string> groups;
    std::vector<std::string> services;
};

struct JupyterHubContents {
    std::string release;  ///< whose schema it has: "3", "6"
    std::vector<JupyterHubUser> users;
    std::vector<JupyterHubGroup> groups;
    std::vector<JupyterHubRole> roles;  ///< without those that every hub has
    std::vector<std::string> services;

    /// What stays behind, for it means nothing elsewhere.
    long long api_tokens = 0;
    long long running_servers = 0;
    long long named_servers = 0;
    long long oauth_codes = 0;
    long long auth_states = 0;
    long long shares = 0;
};

/// Reads the database of a JupyterHub from 3.0 on, and changes nothing in it. InvalidArgument says
/// in one sentence what else the file is.
[[nodiscard]] Result<JupyterHubContents> read_jupyterhub(std::filesystem::path const& file);

}  // namespace carrel
