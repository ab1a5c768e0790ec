#include "hub/server_places.hpp"

namespace carrel {

namespace {

CourseFolder part_of(std::filesystem::path const& folder, std::string_view part, bool writable) {
    return {.name = std::string(part), .from = folder / part, .writable = writable};
}

}  // namespace

Result<ServerPlaces> provide_places(HomeStore& homes, ServerOwner const& owner, long long number) {
    auto const& request = owner.course.request;
    ServerPlaces places;
    TRY(places.home, homes.provide({request.slug, owner.user.name, number}));
    TRY(auto const folder, homes.provide(course_folder_of(request.slug)));
    places.course_folders.push_back(
        part_of(folder, materials_part, owner.course.led_by(owner.user.id)));
    if (request.shared_folder) places.course_folders.push_back(part_of(folder, shared_part, true));
    return places;
}

}  // namespace carrel
