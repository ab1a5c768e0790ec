#include "domain/course_rules.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"

#include <algorithm>
#include <cmath>

namespace carrel {

namespace {

/// A start that has just passed is one that was "now" when the form was sent.
constexpr Milliseconds start_tolerance = std::chrono::minutes(5);

Result<> check_text(std::string_view field, std::string_view text, size_t least, size_t most) {
    if (!is_printable_utf8(text))
        return fail_field(field, "the {} has characters that are not text", field);
    auto const length = utf8_length(text);
    if (length < least || length > most) {
        if (least == 0) return fail_field(field, "a {} has at most {} characters", field, most);
        return fail_field(field, "a {} has {} to {} characters", field, least, most);
    }
    return {};
}

Result<> check_range(std::string_view field, double value, Range const& range) {
    // The negated form also refuses NaN.
    if (!(value >= range.least && value <= range.most))
        return fail_field(field, "{} is between {} and {}", field, range.least, range.most);
    return {};
}

Result<> check_choice(std::string_view field, std::string const& value,
                      std::vector<std::string> const& choices) {
    if (std::ranges::find(choices, value) != choices.end()) return {};
    return fail_field(field, "there is no {} '{}'; choose one of: {}", field, for_log(value, 63),
                      fmt::join(choices, ", "));
}

Result<> check_dates(CourseRequest const& request, Time now) {
    if (request.starts_at < now - start_tolerance)
        return fail_field("starts_at", "the start {} has passed", format_time(request.starts_at));
    if (request.starts_at > now + std::chrono::days(start_within_days))
        return fail_field("starts_at", "a course starts within three years");
    if (request.ends_at && *request.ends_at <= request.starts_at)
        return fail_field("ends_at", "the end must be after the start");
    if (request.ends_at && *request.ends_at <= now)
        return fail_field("ends_at", "the end {} has passed", format_time(*request.ends_at));
    return {};
}

}  // namespace

Result<> check_slug(std::string_view slug) {
    auto const allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    if (slug.size() < shortest_name || slug.size() > longest_name)
        return fail_field("slug", "a slug has {} to {} characters", shortest_name, longest_name);
    if (!std::ranges::all_of(slug, allowed))
        return fail_field("slug", "a slug has only the letters a to z, digits and dashes");
    if (slug.front() == '-' || slug.back() == '-')
        return fail_field("slug", "a slug begins and ends with a letter or digit");
    return {};
}

Result<> check_course_request(CourseRequest const& request, CourseLimits const& limits, Time now) {
    TRY_VOID(check_slug(request.slug));
    TRY_VOID(check_text("name", trimmed(request.name), shortest_name, longest_name));
    TRY_VOID(check_text("description", request.description, 0, longest_description));
    TRY_VOID(check_dates(request, now));
    if (request.expected_participants < limits.least_participants ||
        request.expected_participants > limits.most_participants)
        return fail_field("expected_participants", "a course has {} to {} participants",
                          limits.least_participants, limits.most_participants);
    TRY_VOID(check_range("resources.cpu", request.resources.cpu, limits.cpu));
    TRY_VOID(check_range("resources.memory_gib", request.resources.memory_gib, limits.memory_gib));
    TRY_VOID(
        check_range("resources.storage_gib", request.resources.storage_gib, limits.storage_gib));
    TRY_VOID(check_choice("environment", request.environment, limits.environments));
    TRY_VOID(check_course_image(request, limits.images));
    TRY_VOID(check_choice("target", request.target, limits.targets));
    return {};
}

Result<> check_room(Course const& course, long long admitted) {
    auto const expected = course.request.expected_participants;
    if (admitted < expected) return {};
    return fail(Code::Conflict,
                "the course was requested for {} participants and has that many already", expected);
}

}  // namespace carrel
