#include "store/migrations/steps.hpp"

namespace carrel {

// Courses from before were asked for without a folder for everybody, and stay so.
constinit std::string_view const migration_0020_course_folders = R"sql(
alter table courses add column shared_folder {integer} not null default 0;

create table folder_exports (
    course_id {text} not null primary key references courses (id),
    deployment_id {text} not null,
    file {text} not null,
    sha256 {text} not null,
    bytes {integer} not null,
    files {integer} not null,
    created_at {integer} not null,
    verified_at {integer}
) {strict};
)sql";

}  // namespace carrel
