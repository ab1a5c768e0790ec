#include "domain/capacity.hpp"

#include <algorithm>
#include <cmath>

namespace carrel {

namespace {

/// How often `each` goes into what is left. Not spoilt by a sum like 0.1 + 0.2.
int times(double whole, double taken, double each) {
    if (each <= 0) return 0;
    constexpr double rounding = 1e-9;
    constexpr double most = 1e9;
    return static_cast<int>(std::clamp(std::floor((whole - taken) / each + rounding), 0.0, most));
}

}  // namespace

int at_once_of(int people, int percent) {
    auto const exact = static_cast<long long>(people) * percent;
    auto const rounded_up = (exact + 99) / 100;
    return static_cast<int>(std::clamp<long long>(rounded_up, people > 0 ? 1 : 0, people));
}

MachineSize needs_of(Class const& people) {
    return {.cpu = platform_needs.cpu + people.at_once * people.each.cpu,
            .memory_gib = platform_needs.memory_gib + people.at_once * people.each.memory_gib,
            .storage_gib = platform_needs.storage_gib + people.people * people.each.storage_gib};
}

std::string_view name_of(Scarce scarce) { return scarce == Scarce::Cpu ? "cpu" : "memory"; }

Carries carried_by(MachineSize const& machine, Resources const& each) {
    auto const by_cpu = times(machine.cpu, platform_needs.cpu, each.cpu);
    auto const by_memory = times(machine.memory_gib, platform_needs.memory_gib, each.memory_gib);
    return {.at_once = std::min(by_cpu, by_memory),
            .homes = times(machine.storage_gib, platform_needs.storage_gib, each.storage_gib),
            .scarce = by_cpu < by_memory ? Scarce::Cpu : Scarce::Memory};
}

}  // namespace carrel
