#pragma once

/// Has the engine fetch images that it does not have, each once for all who wait for it. Owned by
/// the DockerSpawner, confined to the control thread.

#include "runtime/blocking_pool.hpp"
#include "spawn/docker/engine.hpp"
#include "spawn/docker/pull_progress.hpp"
#include "spawn/docker/registry_logins.hpp"
#include "spawn/spawner.hpp"

#include <atomic>
#include <map>
#include <memory>

namespace carrel {

class ImageStore {
public:
    ImageStore(Engine const& engine, RegistryLogins logins, BlockingPool& pool,
               Milliseconds longest)
        : pool_(pool),
          longest_(longest),
          fetches_(std::make_shared<Fetches>(engine, std::move(logins))) {}

    /// The image, once it is there. `report` hears how far it is while it is fetched. NotFound: no
    /// registry has it. The message is one sentence for the user.
    Task<EngineImage> provide(std::string const& name, Spawner::Progress report);

private:
    struct Fetch {
        PullProgress progress;
        int waiting = 0;                 ///< people; without any it ends
        std::atomic<bool> stop = false;  ///< read on the pool
        bool ended = false;
        Result<> outcome = {};
    };
    /// Shared with the calls under way, which may outlive the store.
    struct Fetches {
        Fetches(Engine with, RegistryLogins known)
            : engine(std::move(with)), logins(std::move(known)) {}
        Engine engine;
        RegistryLogins logins;
        std::map<std::string, std::shared_ptr<Fetch>> of;  ///< by image
    };
    static Task<> carry_out(ImageReference image, std::shared_ptr<Fetch> fetch,
                            std::shared_ptr<Fetches> all, BlockingPool& pool, Milliseconds longest);
    Task<> wait_for(ImageReference const& image, Spawner::Progress const& report);

    BlockingPool& pool_;
    Milliseconds longest_;
    std::shared_ptr<Fetches> fetches_;
};

}  // namespace carrel
