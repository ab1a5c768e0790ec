#include "store/migrations/steps.hpp"

namespace carrel {

constinit std::string_view const migration_0015_removals = R"sql(
create table removals (
    user_id {text} not null primary key references users (id),
    name {text} not null,
    leftovers {text} not null,
    ordered_by {text} not null,
    ordered_at {integer} not null,
    finished_at {integer},
    problem {text} not null
) {strict};
create index removals_by_end on removals (finished_at, ordered_at);
create index removals_by_order on removals (ordered_at);

alter table users add column removed_at {integer};
)sql";

}  // namespace carrel
