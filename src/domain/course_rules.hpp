#pragma once

/// What a course may ask for. Every rule is checked here, on the server, whatever the browser did.

#include "domain/course.hpp"
#include "domain/course_image.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace carrel {

struct Range {
    double least;
    double most;
    double usual;
};

/// From the configuration; the API shows it at /options.
struct CourseLimits {
    int least_participants = 1;
    int most_participants = 500;
    int usual_participants = 25;
    Range cpu{0.25, 4, 1};
    Range memory_gib{0.25, 16, 1};
    Range storage_gib{0.5, 100, 1};
    std::vector<std::string> environments;  ///< names that may be asked for
    AllowedImages images;                   ///< which images, in which of them
    std::vector<std::string> targets{"local"};
};

inline constexpr size_t shortest_name = 3;
inline constexpr size_t longest_name = 63;
inline constexpr size_t longest_description = 2048;
inline constexpr int start_within_days = 1096;

/// `[a-z0-9-]`, 3 to 63, no dash at either end. `field` is "slug".
[[nodiscard]] Result<> check_slug(std::string_view slug);

/// Every rule but uniqueness of the slug, which only the store knows. `field` names what is wrong.
[[nodiscard]] Result<> check_course_request(CourseRequest const& request,
                                            CourseLimits const& limits, Time now);

/// The limit is what the leader asked for: the machine was sized for it. Conflict: so many have
/// been admitted already.
[[nodiscard]] Result<> check_room(Course const& course, long long admitted);

}  // namespace carrel
