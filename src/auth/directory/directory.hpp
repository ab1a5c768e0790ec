#pragma once

/// The role of a directory: it checks names and passwords that people type here, and says whose
/// they are. Kinds: Unix accounts by PAM, LDAP; both are asked by `ChildDirectory`.

#include "auth/provider/provider.hpp"

namespace carrel {

struct DirectoryQuestion {
    std::string username;  ///< as it was typed
    std::string password;
    std::string address;  ///< of the browser; for the directory's own log
};

/// Thread-safe.
class Directory {
public:
    virtual ~Directory() = default;
    [[nodiscard]] virtual ProviderSettings const& settings() const = 0;
    /// Whose name and password these are. Blocks, for a bounded time.
    /// Unauthenticated: nobody's. Anything else is a `login_failure`.
    [[nodiscard]] virtual Result<ProviderPerson> check(DirectoryQuestion const& question) = 0;
};

}  // namespace carrel
