#pragma once

/// Deletes what a person leaves behind, without an export: a role of its own, so that nobody who
/// keeps homes can do it by mistake. For `deploy/removal` alone.
///
/// Every call blocks: use a BlockingPool.

#include "homes/home_store.hpp"

namespace carrel {

class HomeEraser {
public:
    virtual ~HomeEraser() = default;
    /// The home, whole or what an interrupted call has left of it. A missing one succeeds.
    virtual Result<> erase_home(HomeKey const& key) = 0;
    /// Every archive under the person's name in the course, but those in `others`: of somebody who
    /// had the name before.
    virtual Result<> erase_exports(HomeKey const& key,
                                   std::vector<std::filesystem::path> const& others) = 0;
};

}  // namespace carrel
