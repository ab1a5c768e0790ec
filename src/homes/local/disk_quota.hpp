#pragma once

/// The kernel's limits on what one user may keep on a file system, set for the owners of homes.
///
/// Each home has an owner of its own, so a limit of the owner is one of the home, together with
/// what they add to a course folder. It needs root, Linux 5.14 or newer, and a file system whose
/// user quotas are switched on and enforced (ext4, XFS). See quotactl(2). Thread-safe; calls block
/// as long as the file system takes.

#include "base/result.hpp"

#include <sys/types.h>

namespace carrel {

struct StorageLimit {
    long long bytes = 0;  ///< 0: none
    long long files = 0;  ///< likewise; folders and links count, too
};

/// Unavailable: nothing is limited on the file system of the open folder; the message says why, as
/// half a sentence for an operator.
[[nodiscard]] Result<> find_disk_quota(int folder);

/// On the file system of the open folder, from now on. What is there already stays.
[[nodiscard]] Result<> limit_storage(int folder, uid_t owner, StorageLimit const& limit);

}  // namespace carrel
