#pragma once

/// Roles and services of the configuration, checked and as hubs know them.

#include "config/settings.hpp"
#include "hub/rbac/role_book.hpp"
#include "hub/services/service_book.hpp"

namespace carrel {

struct HubPrograms {
    rbac::RoleBook roles;
    ServiceBook services;
};

/// InvalidArgument says in a sentence what is wrong: an unknown scope or role, a name taken twice,
/// custom scopes in a circle.
[[nodiscard]] Result<HubPrograms> hub_programs(Settings const& settings);

}  // namespace carrel
