#include "auth/identity.hpp"

namespace carrel {

Result<> require(Identity const& identity, Scope scope) {
    if (identity.scopes.contains(scope)) return {};
    return fail(Code::PermissionDenied, "this token lacks the scope {}", name_of(scope));
}

}  // namespace carrel
