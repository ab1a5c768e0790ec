#include "spawn/choosing_spawner.hpp"

#include "spawn/docker/docker_state.hpp"

#include <algorithm>

namespace carrel {

Spawner& ChoosingSpawner::of(std::string const& state) const {
    return is_docker_state(state) ? *containers_ : *processes_;
}

Task<Started> ChoosingSpawner::start(ServerSpec spec, Deadline deadline, Progress progress) {
    auto& spawner = spec.environment.image.empty() ? *processes_ : *containers_;
    last_[spec.id] = &spawner;
    co_return co_await spawner.start(std::move(spec), deadline, std::move(progress));
}

Task<> ChoosingSpawner::stop(std::string state, Deadline deadline) {
    co_return co_await of(state).stop(std::move(state), deadline);
}

Task<std::optional<Ending>> ChoosingSpawner::poll(std::string state) {
    co_return co_await of(state).poll(std::move(state));
}

Task<> ChoosingSpawner::sweep(std::vector<std::string> states) {
    CO_TRY_VOID(co_await processes_->sweep(states));
    co_return co_await containers_->sweep(std::move(states));
}

std::optional<Ending> ChoosingSpawner::last_failure(std::string const& id) const {
    auto const found = last_.find(id);
    if (found == last_.end()) return {};
    return found->second->last_failure(id);
}

Isolation ChoosingSpawner::isolation() const {
    if (offered_ == Processes::NotOffered) return containers_->isolation();
    auto isolation = processes_->isolation();
    auto const other = containers_->isolation();
    // The levels are in order, the best one first.
    isolation.level = std::max(isolation.level, other.level);
    isolation.notices.insert(isolation.notices.end(), other.notices.begin(), other.notices.end());
    return isolation;
}

}  // namespace carrel
