#pragma once

/// What an API token may do at most. What it may really do is that and what its owner may do.

#include "base/result.hpp"

#include <set>
#include <string>
#include <string_view>

namespace carrel {

enum class Scope {
    Self,               ///< "self": read and change one's own profile and tokens
    CoursesRead,        ///< "courses:read"
    CoursesWrite,       ///< "courses:write": request, cancel, degrade
    ParticipantsWrite,  ///< "participants:write": apply, invite, admit
    Governance,         ///< "governance": accept, reject, redeploy
    Servers,            ///< "servers": start and stop one's own servers; others' as the role allows
    AccessServers,      ///< "access:servers": enter servers
    AdminUsers,         ///< "admin:users"
};
using Scopes = std::set<Scope>;

[[nodiscard]] std::string_view name_of(Scope scope);
[[nodiscard]] Scopes all_scopes();
/// Space-separated names, as stored. InvalidArgument names the unknown one; `field` is "scopes".
[[nodiscard]] Result<Scopes> parse_scopes(std::string_view text);
[[nodiscard]] std::string format_scopes(Scopes const& scopes);

}  // namespace carrel
