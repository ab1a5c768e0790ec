#include "hub/course_environment.hpp"

#include "domain/course_image.hpp"
#include "runtime/log.hpp"

namespace carrel {

Result<Environment> environment_of(Course const& course, Environments const& environments) {
    auto const& name = course.request.environment;
    auto const found = environments.find(name);
    if (found != environments.end()) return found->second;
    return fail(Code::Unavailable,
                "the environment '{}' of this course is no longer configured; ask the "
                "administrator",
                name);
}

Result<Environment> environment_to_start(Course const& course, Environments const& environments) {
    TRY(auto environment, environment_of(course, environments));
    auto const& image = course.request.image;
    if (image.empty()) return environment;
    // It was allowed once: what the administrator allows now is what counts.
    if (auto const checked = check_course_image(course.request, environment.allowed_images);
        !checked) {
        log::warn("course_image_not_allowed",
                  {{"course", course.request.slug}, {"cause", checked.error().message}});
        return fail(Code::Conflict,
                    "the image {} of this course is not allowed any more; ask the administrator",
                    image);
    }
    environment.image = image;
    return environment;
}

}  // namespace carrel
