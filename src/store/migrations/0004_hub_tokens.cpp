#include "store/migrations/steps.hpp"

namespace carrel {

constinit std::string_view const migration_0004_hub_tokens = R"sql(
create table hub_tokens (
    id {serial},
    secret_hash {text} not null unique,
    course_id {text} not null references courses (id),
    user_id {text} references users (id),
    service {text} not null,
    kind {text} not null,
    client {text} not null,
    server {text} not null,
    scopes {text} not null,
    note {text} not null,
    login {text} not null,
    code {text} not null,
    created_at {integer} not null,
    expires_at {integer},
    last_used_at {integer}
) {strict};
create index hub_tokens_by_owner on hub_tokens (course_id, user_id, id);
create index hub_tokens_by_client on hub_tokens (course_id, client);
create index hub_tokens_by_login on hub_tokens (login);
create index hub_tokens_by_code on hub_tokens (code);
create index hub_tokens_by_expiry on hub_tokens (expires_at);

create table hub_codes (
    hash {text} not null primary key,
    course_id {text} not null references courses (id),
    client {text} not null,
    user_id {text} not null references users (id),
    redirect_uri {text} not null,
    scopes {text} not null,
    login {text} not null,
    challenge {text} not null,
    created_at {integer} not null,
    expires_at {integer} not null,
    used_at {integer}
) {strict};
create index hub_codes_by_login on hub_codes (login);
create index hub_codes_by_expiry on hub_codes (expires_at);
)sql";

}  // namespace carrel
