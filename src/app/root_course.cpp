#include "app/root_course.hpp"

#include "base/text.hpp"
#include "base/time_text.hpp"
#include "domain/course_rules.hpp"

namespace carrel {

Result<HubPaths> hub_paths(Settings const& settings) {
    auto const& slug = settings.hub.root_course;
    if (slug.empty()) return HubPaths();
    if (auto const checked = check_slug(slug); !checked)
        return fail_field("hub.root_course",
                          "hub.root_course is '{}', but it is to be the slug of one course: {}",
                          for_log(slug, 80), checked.error().message);
    return HubPaths(slug);
}

Result<std::optional<std::string>> doubt_about_root_course(Store& store, HubPaths const& paths) {
    using Doubt = std::optional<std::string>;
    auto const& slug = paths.root_course();
    if (slug.empty()) return Doubt();
    auto const course = store.read(
        [&](Transaction& transaction) { return transaction.courses().find_by_slug(slug); });
    if (!course && course.error().code == Code::NotFound)
        return Doubt(fmt::format(
            "hub.root_course is '{}', but there is no such course: nothing is at /hub until one "
            "with this slug is requested and deployed",
            slug));
    TRY_VOID(course);
    if (course->request.ends_at)
        return Doubt(fmt::format(
            "hub.root_course is '{}', but that course is no standing hub: it ends on {}, and "
            "nothing is at /hub from then on",
            slug, format_time(*course->request.ends_at)));
    return Doubt();
}

}  // namespace carrel
