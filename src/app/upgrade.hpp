#pragma once

/// What the supervisor tells `carrel upgrade` about the last upgrade, by a file in the runtime
/// folder.

#include "app/folders.hpp"

#include <optional>
#include <string>

namespace carrel {

struct UpgradeOutcome {
    bool done = false;
    std::string sentence;
};

/// Replaces what was said of an earlier one. What cannot be written is logged: an upgrade does not
/// fail because nobody can be told.
void note_upgrade(Folders const& folders, UpgradeOutcome const& outcome);

/// Nothing while there is none.
[[nodiscard]] std::optional<UpgradeOutcome> last_upgrade(Folders const& folders);

}  // namespace carrel
