#include "homes/home_store.hpp"

namespace carrel {

namespace {

constexpr std::string_view course_folder_name = "~course";

}  // namespace

HomeKey course_folder_of(std::string course) {
    return {.course = std::move(course), .user = std::string(course_folder_name)};
}

bool is_course_folder(HomeKey const& key) { return key.user == course_folder_name; }

std::string name_of(HomeKey const& key) {
    if (is_course_folder(key)) return fmt::format("the folder of course {}", key.course);
    return fmt::format("the home of {} in {}", key.user, key.course);
}

}  // namespace carrel
