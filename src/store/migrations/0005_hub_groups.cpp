#include "store/migrations/steps.hpp"

namespace carrel {

constinit std::string_view const migration_0005_hub_groups = R"sql(
create table hub_groups (
    course_id {text} not null references courses (id),
    name {text} not null,
    properties {text} not null,
    roles {text} not null,
    created_at {integer} not null,
    primary key (course_id, name)
) {strict};

create table hub_group_members (
    course_id {text} not null,
    group_name {text} not null,
    user_id {text} not null references users (id),
    primary key (course_id, group_name, user_id),
    foreign key (course_id, group_name) references hub_groups (course_id, name)
) {strict};
create index hub_group_members_by_user on hub_group_members (user_id, course_id);

create table hub_services (
    course_id {text} not null references courses (id),
    name {text} not null,
    administrator {integer} not null,
    url {text} not null,
    redirect_uri {text} not null,
    no_confirm {integer} not null,
    display {integer} not null,
    info {text} not null,
    created_at {integer} not null,
    primary key (course_id, name)
) {strict};
create index hub_tokens_by_service on hub_tokens (course_id, service);
)sql";

}  // namespace carrel
