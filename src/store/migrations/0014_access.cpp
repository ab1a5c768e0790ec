#include "store/migrations/steps.hpp"

namespace carrel {

// Groups of people who came from a provider before are known at their next log-in.
constinit std::string_view const migration_0014_access = R"sql(
create table access_entries (
    list {text} not null,
    value {text} not null,
    added_by {text} not null,
    added_at {integer} not null,
    primary key (list, value)
) {strict};

alter table users add column admission {text} not null default 'allowed';
alter table users add column listed_administrator {integer} not null default 0;
alter table users add column listed_leader {integer} not null default 0;
alter table login_identities add column group_names {text} not null default '';
)sql";

}  // namespace carrel
