#include "portal/course_access.hpp"

#include "base/text.hpp"

namespace carrel {

Standing standing_of(User const& user, Course const& course) {
    return {.administrator = user.administrator,
            .leader = course.led_by(user.id),
            .requester = course.requested_by == user.id};
}

Result<SeenCourse> look_at(Transaction& transaction, User const& user, Course course) {
    auto const standing = standing_of(user, course);
    auto application = transaction.applications().find(course.id, user.id);
    if (!application && application.error().code != Code::NotFound)
        return std::unexpected(std::move(application).error());
    SeenCourse seen{std::move(course), standing, {}};
    if (application) seen.application = *std::move(application);
    return seen;
}

Result<SeenCourse> see_course(Transaction& transaction, User const& user, std::string_view slug) {
    auto const hidden =
        fail(Code::NotFound, "there is no course '{}' that you can see", for_log(slug, 63));
    auto course = transaction.courses().find_by_slug(slug);
    if (!course && course.error().code == Code::NotFound) return hidden;
    if (!course) return std::unexpected(std::move(course).error());
    TRY(auto seen, look_at(transaction, user, *std::move(course)));
    bool const visible = seen.managed() || seen.standing.requester || seen.application;
    if (!visible) return hidden;
    return seen;
}

Result<SeenCourse> see_managed_course(Transaction& transaction, User const& user,
                                      std::string_view slug) {
    TRY(auto seen, see_course(transaction, user, slug));
    if (!seen.managed())
        return fail(Code::PermissionDenied, "only leaders of this course may do this");
    return seen;
}

}  // namespace carrel
