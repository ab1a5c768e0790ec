#pragma once

/// A way to log in: one [logins.<name>]. Plain values.

#include "base/clock.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace carrel {

struct LoginSettings {
    std::string name;
    std::string kind;  ///< "oidc", "oauth2", "github", "pam" or "ldap" once loaded
    std::string preset;
    std::string title;
    std::string issuer;
    std::string authorize_url;
    std::string token_url;
    std::string user_url;
    std::string client_id;
    std::string client_secret;  ///< from a file, when it is in one, once loaded
    std::string client_secret_file;
    std::vector<std::string> scopes;
    std::string subject_claim;
    std::string username_claim;
    std::string display_name_claim;
    std::string email_claim;
    std::string groups_claim;
    std::string username_domain;
    std::vector<std::string> administrator_groups;
    std::vector<std::string> leader_groups;
    std::vector<std::string> allowed_groups;
    std::string sign_up = "anybody";
    bool log_out_at_provider = false;
    Milliseconds refresh_every{0};  ///< how often the provider is asked again; 0: never
    std::string ca_file;
    // Of Unix accounts.
    std::string service;
    int minimum_uid = 1000;
    // Of LDAP.
    std::vector<std::string> servers;
    bool start_tls = false;
    bool insecure = false;
    std::string user_dn;
    std::string search_base;
    std::string search_filter;
    std::string bind_dn;
    std::string bind_password;  ///< from the file, once loaded
    std::string bind_password_file;
    std::string group_base;
    std::string group_filter;
    // Of directories, whose passwords are typed here.
    Milliseconds check_timeout{10'000};

    [[nodiscard]] bool is_directory() const { return kind == "pam" || kind == "ldap"; }
};

/// Fills in what the preset and the kind say, reads the secret, and refuses what cannot work.
/// Relative paths start in `folder`.
[[nodiscard]] Result<> finish_login(LoginSettings& login, std::filesystem::path const& folder);

/// The same for a directory: kinds "pam" and "ldap".
[[nodiscard]] Result<> finish_directory(LoginSettings& login, std::filesystem::path const& folder);

}  // namespace carrel
