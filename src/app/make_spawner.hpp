#pragma once

/// The spawner that the configuration asks for: of processes, and of containers where an
/// environment has an image.

#include "app/folders.hpp"
#include "config/settings.hpp"
#include "spawn/spawner.hpp"

#include <memory>

namespace carrel {

namespace http {
class Client;
}
class BlockingPool;

/// Finds out what this machine can do. Blocks. `instance` names the platform, see Secrets.
[[nodiscard]] Result<std::unique_ptr<Spawner>> make_spawner(Settings const& settings,
                                                            Folders const& folders,
                                                            std::string const& instance,
                                                            BlockingPool& pool,
                                                            http::Client& client);

}  // namespace carrel
