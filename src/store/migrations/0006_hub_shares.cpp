#include "store/migrations/steps.hpp"

namespace carrel {

constinit std::string_view const migration_0006_hub_shares = R"sql(
create table hub_shares (
    course_id {text} not null references courses (id),
    owner_id {text} not null references users (id),
    server {text} not null,
    user_id {text} not null references users (id),
    created_at {integer} not null,
    primary key (course_id, owner_id, server, user_id)
) {strict};
create index hub_shares_by_user on hub_shares (course_id, user_id);

create table hub_share_codes (
    id {serial},
    hash {text} not null unique,
    course_id {text} not null references courses (id),
    owner_id {text} not null references users (id),
    server {text} not null,
    exchange_count {integer} not null,
    created_at {integer} not null,
    expires_at {integer} not null,
    exchanged_at {integer}
) {strict};
create index hub_share_codes_by_server on hub_share_codes (course_id, owner_id, server);
create index hub_share_codes_by_expiry on hub_share_codes (expires_at);

create index events_by_subject on events (course_id, kind, subject, id);
)sql";

}  // namespace carrel
