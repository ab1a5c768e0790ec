#pragma once

#include "config/settings.hpp"
#include "store/store.hpp"

#include <memory>

namespace carrel {

/// Opens the store that `store.url` names, by the kind of its scheme.
[[nodiscard]] Result<std::unique_ptr<Store>> open_store(Settings const& settings);

}  // namespace carrel
