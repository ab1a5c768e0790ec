#pragma once

/// How mail is sent: [mail]. Plain values.

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace carrel {

struct MailSettings {
    std::string server;    ///< empty: no mail is sent
    int port = 0;          ///< 0 once read: what `security` says; never 0 once loaded
    std::string security;  ///< "starttls", "tls" or "none" once loaded
    std::string username;
    std::string password;  ///< from a file, once loaded
    std::string password_file;
    std::string from;
    std::string from_name;
    std::string ca_file;

    [[nodiscard]] bool is_on() const { return !server.empty(); }
};

/// Fills in what follows from the rest, reads the password, and refuses what cannot work. Relative
/// paths start in `folder`; `public_url` is where links in messages lead.
[[nodiscard]] Result<> finish_mail(MailSettings& mail, std::string const& public_url,
                                   std::filesystem::path const& folder);

}  // namespace carrel
