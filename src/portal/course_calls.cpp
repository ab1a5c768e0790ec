/// Asking for a course, and seeing courses.

#include "base/text.hpp"
#include "portal/calls.hpp"
#include "portal/input.hpp"
#include "portal/invitation.hpp"
#include "portal/record.hpp"
#include "portal/views.hpp"

namespace carrel {

namespace {

Result<CourseRequest> read_course_request(http::Request const& request) {
    TRY(auto input, JsonReader::of(request));
    CourseRequest wanted;
    wanted.slug = input.text("slug");
    wanted.name = trimmed(input.text("name"));
    wanted.description = input.optional_text("description").value_or("");
    wanted.starts_at = input.time("starts_at");
    wanted.ends_at = input.optional_time("ends_at");
    wanted.expected_participants = input.whole("expected_participants");
    auto resources = input.object("resources");
    wanted.resources.cpu = resources.number("cpu");
    wanted.resources.memory_gib = resources.number("memory_gib");
    wanted.resources.storage_gib = resources.number("storage_gib");
    wanted.environment = input.text("environment");
    wanted.target = input.optional_text("target").value_or("local");
    wanted.shared_folder = input.has("shared_folder") && input.truth("shared_folder");
    auto const image = input.optional_text("image").value_or("");
    TRY_VOID(input.done());
    TRY_VOID(resources.done());
    if (!image.empty()) {
        TRY(wanted.image, spell_course_image(image));
    }
    return wanted;
}

Result<http::Response> request_course(PortalDependencies const& portal, Visit const& visit) {
    auto const& user = visit.who.user;
    if (!user.leader) return fail(Code::PermissionDenied, "only leaders may request a course");
    TRY(auto const wanted, read_course_request(visit.request));
    auto const now = portal.clock.now();
    TRY_VOID(check_course_request(wanted, portal.limits, now));

    Course course;
    course.id = CourseId(portal.random.uuid());
    course.request = wanted;
    course.state_since = now;
    course.requested_by = user.id;
    course.leaders = {user.id};
    course.invitation_code = make_invitation_code(portal.random);
    course.created_at = now;
    course.updated_at = now;
    TRY(auto const view,
        portal.store.write([&](Transaction& transaction) -> Result<nlohmann::json> {
            if (auto const taken = transaction.courses().find_by_slug(wanted.slug))
                return std::unexpected(Error{
                    Code::Conflict, fmt::format("the slug '{}' is taken", wanted.slug), "slug"});
            TRY_VOID(transaction.courses().insert(course));
            TRY_VOID(record(transaction, now,
                            {.kind = "course_requested",
                             .course = course.id,
                             .actor = user.name,
                             .message = fmt::format("{} requested the course", user.name),
                             .detail = image_detail(wanted)}));
            TRY(auto const seen, look_at(transaction, user, course));
            return view_of(transaction, seen, user, portal);
        }));
    auto response = http::Response::json(view, 201);
    response.headers.set("Location", fmt::format("{}/courses/{}", api_root, wanted.slug));
    return response;
}

Result<Courses::Filter> read_filter(Visit const& visit) {
    Courses::Filter filter;
    auto const state = visit.request.query("state");
    if (state && !state->empty()) {
        auto parsed = parse_course_state(*state);
        if (!parsed) return fail_field("state", "{}", parsed.error().message);
        filter.state = *parsed;
    }
    auto const mine = visit.request.query("mine").value_or("false");
    if (mine != "true" && mine != "false" && mine != "1" && mine != "0")
        return fail_field("mine", "mine is true or false");
    bool const everything = visit.who.user.administrator && mine != "true" && mine != "1";
    if (!everything) filter.concerning = visit.who.user.id;
    return filter;
}

Result<http::Response> list_courses(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto page, read_page(visit.request));
    TRY(auto const filter, read_filter(visit));
    auto const& user = visit.who.user;
    std::vector<nlohmann::json> items;
    std::vector<std::string> keys;
    TRY_VOID(portal.store.read([&](Transaction& transaction) -> Result<> {
        TRY(auto courses,
            transaction.courses().list(filter, {.limit = page.limit + 1, .after = page.after}));
        for (auto& course : courses) {
            keys.push_back(course.request.slug);
            TRY(auto const seen, look_at(transaction, user, std::move(course)));
            TRY(auto view, view_of(transaction, seen, user, portal));
            items.push_back(std::move(view));
        }
        return {};
    }));
    return http::Response::json(page_of(std::move(items), keys, page.limit));
}

Result<http::Response> show_course(PortalDependencies const& portal, Visit const& visit) {
    auto const& user = visit.who.user;
    TRY(auto const view, portal.store.read([&](Transaction& transaction) -> Result<nlohmann::json> {
        TRY(auto const seen, see_course(transaction, user, visit.request.parameter("slug")));
        return view_of(transaction, seen, user, portal);
    }));
    return http::Response::json(view);
}

}  // namespace

void add_course_calls(Calls& calls) {
    calls.topic("Courses");
    calls.add({.method = "POST",
               .path = "/courses",
               .summary = "Request a course; for leaders",
               .scope = Scope::CoursesWrite,
               .takes = "CourseRequest",
               .gives = "Course",
               .status = 201,
               .problems = {409}},
              request_course);
    calls.add({.method = "GET",
               .path = "/courses",
               .summary = "The courses that one sees, by slug",
               .scope = Scope::CoursesRead,
               .gives = "Course[]",
               .query = {"state", "mine"}},
              list_courses);
    calls.add({.method = "GET",
               .path = "/courses/{slug}",
               .summary = "One course",
               .scope = Scope::CoursesRead,
               .gives = "Course",
               .problems = {404}},
              show_course);
}

}  // namespace carrel
