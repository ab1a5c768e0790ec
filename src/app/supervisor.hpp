#pragma once

/// `carrel serve`: starts the proxy and the control process, starts again what dies, and ends both
/// in the right order. It does nothing else, so that it has no reason to fail.

#include "app/certificates.hpp"
#include "app/folders.hpp"
#include "app/secrets.hpp"
#include "config/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace carrel {

struct Supervised {
    Settings settings;
    Folders folders;
    Secrets secrets;
    std::optional<Certificate> certificate;  ///< none: no TLS
    /// What `carrel control` is started with, after its name.
    std::vector<std::string> control_arguments;
    /// Where the log-ins of a demo are written; empty when there is none.
    std::filesystem::path logins;
    /// Where the program is, by the name it was called with: what SIGUSR2 starts.
    std::string program;
    /// Whether SIGHUP says that our terminal has gone.
    bool on_terminal = false;
};

/// Runs until SIGINT or SIGTERM, then stops the servers, control and the proxy.
/// The error is why it could not start, or why it gave up: a process that dies again and again.
[[nodiscard]] Result<> supervise(Supervised const& what);

}  // namespace carrel
