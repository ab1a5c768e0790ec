#pragma once

/// What a class needs of a machine, and how many people a machine carries.
///
/// Servers have limits, not reservations: these figures are for a class that uses all it may. The
/// rule is the one that The Littlest JupyterHub's page on resource estimation gives: memory and CPU
/// are for those who work at the same time, storage is for everybody who has a home. Pure.

#include "domain/course.hpp"

#include <string_view>

namespace carrel {

/// What a machine has, or what is needed of one.
struct MachineSize {
    double cpu = 0;  ///< cores
    double memory_gib = 0;
    double storage_gib = 0;
};

/// What the platform itself takes of a machine, with room for its growth: measured at 40 MiB with a
/// thousand idle servers, and the system beneath needs some too.
inline constexpr MachineSize platform_needs{.cpu = 0.2, .memory_gib = 0.5, .storage_gib = 2};

struct Class {
    int people = 0;
    int at_once = 0;  ///< of them, those who work at the same time
    Resources each;
};

/// Of a class, the share given in percent, rounded up, and at least one person of any.
[[nodiscard]] int at_once_of(int people, int percent);

/// With what the platform takes.
[[nodiscard]] MachineSize needs_of(Class const& people);

enum class Scarce { Cpu, Memory };
[[nodiscard]] std::string_view name_of(Scarce scarce);

struct Carries {
    int at_once = 0;  ///< servers that run, each using all it may
    int homes = 0;
    Scarce scarce = Scarce::Memory;  ///< what there would have to be more of
};
[[nodiscard]] Carries carried_by(MachineSize const& machine, Resources const& each);

}  // namespace carrel
