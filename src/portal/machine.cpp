#include "portal/machine.hpp"

#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

namespace carrel {

MachineFacts read_machine_facts(std::filesystem::path const& data) {
    MachineFacts facts;
    facts.cpus = static_cast<int>(std::thread::hardware_concurrency());
    std::ifstream meminfo("/proc/meminfo");
    std::string key;
    std::string unit;
    long long kib = 0;
    while (meminfo >> key >> kib && std::getline(meminfo, unit)) {
        if (key == "MemTotal:") facts.memory_bytes = kib * 1024;
        if (key == "MemAvailable:") facts.memory_available_bytes = kib * 1024;
    }
    std::error_code unknown;
    auto const space = std::filesystem::space(data, unknown);
    if (!unknown) facts.disk_free_bytes = static_cast<long long>(space.available);
    if (getloadavg(facts.load.data(), static_cast<int>(facts.load.size())) < 0) facts.load = {};
    return facts;
}

MachineSize size_of(MachineFacts const& facts) {
    constexpr double gib = 1024.0 * 1024 * 1024;
    return {.cpu = static_cast<double>(facts.cpus),
            .memory_gib = static_cast<double>(facts.memory_bytes) / gib,
            .storage_gib = static_cast<double>(facts.disk_free_bytes) / gib};
}

}  // namespace carrel
