#pragma once

/// A way to log in: one [logins.<name>]. Plain values.

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace carrel {

struct LoginSettings {
    std::string name;
    std::string kind;  ///< "oidc", "oauth2" or "github" once loaded
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
    std::string ca_file;
};

/// Fills in what the preset and the kind say, reads the secret, and refuses what cannot work.
/// Relative paths start in `folder`.
[[nodiscard]] Result<> finish_login(LoginSettings& login, std::filesystem::path const& folder);

}  // namespace carrel
