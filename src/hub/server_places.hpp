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

/// What a server may write into a home that is full while it starts, its settings and its history:
/// whoever has filled it can come in and delete.
inline constexpr long long room_to_start = 64LL * 1024 * 1024;

/// Makes what is not there, and limits the home, with room to start. Leaders may write what
/// participants only read; a part for everybody is there where the course was asked for with one.
/// Blocks.
[[nodiscard]] Result<ServerPlaces> provide_places(HomeStore& homes, ServerOwner const& owner,
                                                  long long number);

/// Limits the home to what the course gives, once its server runs. Blocks.
[[nodiscard]] Result<> take_room_back(HomeStore& homes, ServerOwner const& owner, long long number);

}  // namespace carrel
