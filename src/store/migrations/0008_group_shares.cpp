#include "store/migrations/steps.hpp"

namespace carrel {

constinit std::string_view const migration_0008_group_shares = R"sql(
create table hub_group_shares (
    course_id {text} not null references courses (id),
    owner_id {text} not null references users (id),
    server {text} not null,
    group_name {text} not null,
    created_at {integer} not null,
    primary key (course_id, owner_id, server, group_name),
    foreign key (course_id, group_name) references hub_groups (course_id, name)
) {strict};
create index hub_group_shares_by_group on hub_group_shares (course_id, group_name);
)sql";

}  // namespace carrel
