#include "domain/course_image.hpp"

#include "base/text.hpp"

namespace carrel {

Result<std::string> spell_course_image(std::string_view written) {
    auto const image = parse_image_reference(written);
    if (!image) return fail_field("image", "{}", image.error().message);
    return image->full_text();
}

Result<> check_course_image(CourseRequest const& request, std::span<ImagePattern const> allowed) {
    if (request.image.empty()) return {};
    auto const image = parse_image_reference(request.image);
    if (!image) return fail_field("image", "{}", image.error().message);
    if (matches_any(*image, allowed)) return {};
    auto const name = image->full_text();
    auto const environment = for_log(request.environment, 63);
    if (allowed.empty())
        return fail_field(
            "image", "the image {} may not be used: with the environment '{}' nobody names one",
            name, environment);
    std::string patterns;
    for (auto const& pattern : allowed) patterns += (patterns.empty() ? "" : ", ") + pattern.text();
    return fail_field("image", "the image {} may not be used: the environment '{}' allows only {}",
                      name, environment, patterns);
}

Result<> check_course_image(CourseRequest const& request, AllowedImages const& allowed) {
    auto const found = allowed.find(request.environment);
    if (found == allowed.end()) return check_course_image(request, std::span<ImagePattern const>());
    return check_course_image(request, std::span<ImagePattern const>(found->second));
}

}  // namespace carrel
