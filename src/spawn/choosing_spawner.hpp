#pragma once

/// Runs each server the way its environment says: with an image as a container, else as a process.
///
/// Owns both spawners. Confined to the control thread, as they are.

#include "spawn/spawner.hpp"

#include <memory>

namespace carrel {

class ChoosingSpawner final : public Spawner {
public:
    /// Whether any environment runs as a process; what servers have run before still ends as one.
    enum class Processes { Offered, NotOffered };

    ChoosingSpawner(std::unique_ptr<Spawner> processes, std::unique_ptr<Spawner> containers,
                    Processes offered = Processes::Offered)
        : processes_(std::move(processes)), containers_(std::move(containers)), offered_(offered) {}

    Task<Started> start(ServerSpec spec, Deadline deadline, Progress progress) override;
    Task<> stop(std::string state, Deadline deadline) override;
    Task<std::optional<Ending>> poll(std::string state) override;
    Task<> sweep(std::vector<std::string> states) override;
    [[nodiscard]] std::optional<Ending> last_failure(std::string const& id) const override;
    /// The weaker one of those that are offered, with the notices of both.
    [[nodiscard]] Isolation isolation() const override;

private:
    [[nodiscard]] Spawner& of(std::string const& state) const;

    std::unique_ptr<Spawner> processes_;
    std::unique_ptr<Spawner> containers_;
    Processes offered_;
    /// The one that last started a server of this id.
    std::map<std::string, Spawner const*> last_;
};

}  // namespace carrel
