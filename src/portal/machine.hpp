#pragma once

/// What the machine under us has and has left, for the administrator's overview.

#include "domain/capacity.hpp"

#include <array>
#include <filesystem>

namespace carrel {

struct MachineFacts {
    int cpus = 0;
    long long memory_bytes = 0;
    long long memory_available_bytes = 0;
    long long disk_free_bytes = 0;  ///< of the disk with `data`, for us
    std::array<double, 3> load{};   ///< over 1, 5 and 15 minutes
};

/// What cannot be found out is 0.
[[nodiscard]] MachineFacts read_machine_facts(std::filesystem::path const& data);

/// For planning: its cores, all its memory, and what the disk has left.
[[nodiscard]] MachineSize size_of(MachineFacts const& facts);

}  // namespace carrel
