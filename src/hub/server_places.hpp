#pragma once

/// The folders of this machine that a server is given.

#include "homes/home_store.hpp"
#include "hub/live_server.hpp"
#include "spawn/course_folders.hpp"

#include <filesystem>
#include <vector>

namespace carrel {

struct ServerPlaces {
    std::filesystem::path home;
    std::vector<CourseFolder> course_folders;
};

/// Makes what is not there. Leaders may write what participants only read; a part for everybody is
/// there where the course was asked for with one. Blocks.
[[nodiscard]] Result<ServerPlaces> provide_places(HomeStore& homes, ServerOwner const& owner,
                                                  long long number);

}  // namespace carrel
