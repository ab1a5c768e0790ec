#pragma once

/// Somebody who came from elsewhere, has no account, and is not let in by the lists.

#include "auth/access/access_policy.hpp"
#include "auth/provider/provider.hpp"

namespace carrel {

/// Writes it into the audit log, which has nothing else of them. Does nothing for other errors.
void note_refused_arrival(Store& store, AccessPolicy const* access,
                          ProviderSettings const& settings, ProviderPerson const& person,
                          Error const& error, Time now);

}  // namespace carrel
