#pragma once

/// `carrel access …`: who may in, from the terminal, by the REST API of a platform that runs.

#include "app/course_commands.hpp"

namespace carrel {

struct AccessFlags {
    ApiFlags api;
    std::vector<std::string> values;
    bool remove = false;
};

/// Adds the commands below `access`; as `add_course_commands`.
void add_access_commands(CLI::App& access, AccessFlags& flags,
                         std::function<void(std::function<int()>)> const& choose);

}  // namespace carrel
