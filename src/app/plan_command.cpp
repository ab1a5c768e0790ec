/// `carrel plan`.

#include "app/commands.hpp"
#include "app/table.hpp"
#include "domain/capacity.hpp"
#include "portal/machine.hpp"

namespace carrel {

namespace {

std::string gib(double amount) { return fmt::format("{:.1f} GiB", amount); }

std::vector<std::string> row(std::string what, MachineSize const& size, std::string notes) {
    return {std::move(what), fmt::format("{:.1f}", size.cpu), gib(size.memory_gib),
            gib(size.storage_gib), std::move(notes)};
}

/// The folder for the data may not be there yet: the disk it will be on is that of a parent.
std::filesystem::path present_part_of(std::filesystem::path folder) {
    std::error_code unknown;
    folder = std::filesystem::absolute(folder, unknown);
    while (!std::filesystem::exists(folder, unknown) && folder.has_relative_path())
        folder = folder.parent_path();
    return folder;
}

std::string verdict(Class const& people, Carries const& carries) {
    if (carries.at_once < people.at_once)
        return fmt::format("Too small: {} people at once, and there is too little {}.",
                           carries.at_once, carries.scarce == Scarce::Cpu ? "CPU" : "memory");
    if (carries.homes < people.people)
        return fmt::format("Too small: there is storage for {} homes.", carries.homes);
    return "It fits.";
}

}  // namespace

Result<> plan(SettingsFlags const& flags, ClassToPlan const& wanted) {
    TRY(auto const settings, settings_from(flags));
    auto machine = size_of(read_machine_facts(present_part_of(settings.server.data)));
    bool const thought_of =
        wanted.machine_cpu || wanted.machine_memory_gib || wanted.machine_storage_gib;
    machine = {.cpu = wanted.machine_cpu.value_or(machine.cpu),
               .memory_gib = wanted.machine_memory_gib.value_or(machine.memory_gib),
               .storage_gib = wanted.machine_storage_gib.value_or(machine.storage_gib)};
    Class const people{.people = wanted.people,
                       .at_once = at_once_of(wanted.people, wanted.at_once_percent),
                       .each = {wanted.cpu, wanted.memory_gib, wanted.storage_gib}};
    auto const carries = carried_by(machine, people.each);
    Table table({"", "CPU", "MEMORY", "STORAGE", ""});
    table.add(row("the class needs", needs_of(people),
                  fmt::format("{} people, {} at once", people.people, people.at_once)));
    table.add(row(thought_of ? "the machine has" : "this machine has", machine,
                  fmt::format("{} people at once, {} homes", carries.at_once, carries.homes)));
    fmt::print("{}{}\n", table.text(), verdict(people, carries));
    return {};
}

}  // namespace carrel
