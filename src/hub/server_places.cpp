#include "hub/server_places.hpp"

#include "base/gibibytes.hpp"

namespace carrel {

namespace {

long long storage_of(Course const& course) {
    return bytes_of_gib(course.request.resources.storage_gib);
}

HomeKey home_of(ServerOwner const& owner, long long number) {
    return {owner.course.request.slug, owner.user.name, number};
}

CourseFolder part_of(std::filesystem::path const& folder, std::string_view part, bool writable) {
    return {.name = std::string(part), .from = folder / part, .writable = writable};
}

}  // namespace

Result<ServerPlaces> provide_places(HomeStore& homes, ServerOwner const& owner, long long number) {
    auto const& request = owner.course.request;
    ServerPlaces places;
    auto const home = home_of(owner, number);
    TRY(places.home, homes.provide(home));
    TRY_VOID(homes.limit(home, storage_of(owner.course) + room_to_start));
    TRY(auto const folder, homes.provide(course_folder_of(request.slug)));
    places.course_folders.push_back(
        part_of(folder, materials_part, owner.course.led_by(owner.user.id)));
    if (request.shared_folder) places.course_folders.push_back(part_of(folder, shared_part, true));
    return places;
}

Result<> take_room_back(HomeStore& homes, ServerOwner const& owner, long long number) {
    return homes.limit(home_of(owner, number), storage_of(owner.course));
}

}  // namespace carrel
