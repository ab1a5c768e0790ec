#pragma once

/// Rights that were taken away before their edge tokens expire.
///
/// The proxy keeps them, on disk before it says so; the store keeps them too, so that every proxy
/// is told again. Confined to the control thread.

#include "hub/server_lifecycle.hpp"

namespace carrel {

/// Edge tokens last as long as a working day; then the browser is sent for a new one by itself.
inline constexpr Seconds edge_token_lasts{12 * 3600};

/// Either a login, or a user who may no longer use one route.
struct Revocation {
    std::string login;
    bool for_good = false;  ///< the login has ended: tokens of it are refused whenever issued
    std::string path;       ///< of the route, decoded
    std::string user;
    Time made;   ///< tokens issued later are not meant: somebody may be let in again
    Time until;  ///< no token made before is valid after this
};

class Revocations {
public:
    explicit Revocations(HubDependencies const& dependencies) : use_(dependencies) {}

    /// Remembers, then tells the proxy. When that fails it is to be added again, which takes the
    /// place of the first time. `made` and `until` are filled in here.
    Task<> add(Revocation revocation);
    /// Tells a new proxy everything that still matters.
    Task<> send_all();

private:
    Task<> send(Revocation const& revocation);

    HubDependencies use_;
};

/// The form in which they are kept: a JSON array. Malformed text gives none.
[[nodiscard]] std::string format_revocations(std::vector<Revocation> const& revocations);
[[nodiscard]] std::vector<Revocation> read_revocations(std::string_view text, Time now);

}  // namespace carrel
