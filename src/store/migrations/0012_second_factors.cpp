#include "store/migrations/steps.hpp"

namespace carrel {

// Of older sessions it counts as proved when they began, which is too long ago to matter.
constinit std::string_view const migration_0012_second_factors = R"sql(
create table second_factors (
    id {text} not null primary key,
    user_id {text} not null references users (id),
    kind {text} not null,
    name {text} not null,
    credential {text} not null,
    secret {text} not null,
    counter {integer} not null,
    created_at {integer} not null,
    last_used_at {integer}
) {strict};
create index second_factors_by_user on second_factors (user_id);
create unique index second_factors_by_credential on second_factors (credential) where credential <> '';

create table recovery_codes (
    user_id {text} not null references users (id),
    hash {text} not null,
    primary key (user_id, hash)
) {strict};

create table half_logins (
    hash {text} not null primary key,
    user_id {text} not null references users (id),
    wrong {integer} not null,
    created_at {integer} not null,
    expires_at {integer} not null
) {strict};
create index half_logins_by_user on half_logins (user_id);
create index half_logins_by_expiry on half_logins (expires_at);

create table factor_challenges (
    id {text} not null primary key,
    owner {text} not null,
    purpose {text} not null,
    payload {text} not null,
    expires_at {integer} not null
) {strict};
create index factor_challenges_by_owner on factor_challenges (owner);
create index factor_challenges_by_expiry on factor_challenges (expires_at);

alter table sessions add column confirmed_at {integer};
alter table sessions add column by_provider {integer} not null default 0;
)sql";

}  // namespace carrel
