#include "store/migrations/steps.hpp"

namespace carrel {

constinit std::string_view const migration_0016_course_images = R"sql(
alter table courses add column image {text} not null default '';
)sql";

}  // namespace carrel
