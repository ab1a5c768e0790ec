#include "store/migrations/steps.hpp"

namespace carrel {

constinit std::string_view const migration_0013_mail = R"sql(
create table mail_outbox (
    id {serial},
    kind {text} not null,
    user_id {text} references users (id) on delete cascade,
    address {text} not null,
    language {text} not null,
    created_at {integer} not null,
    due_at {integer} not null,
    attempts {integer} not null
) {strict};
create index mail_outbox_by_due on mail_outbox (due_at, id);
create index mail_outbox_by_user on mail_outbox (user_id, kind);

create table mail_tokens (
    hash {text} not null primary key,
    kind {text} not null,
    user_id {text} not null references users (id) on delete cascade,
    address {text} not null,
    expires_at {integer} not null
) {strict};
create index mail_tokens_by_user on mail_tokens (user_id, kind);
create index mail_tokens_by_expiry on mail_tokens (expires_at);

create table confirmed_emails (
    user_id {text} not null primary key references users (id) on delete cascade,
    address {text} not null,
    folded {text} not null,
    confirmed_at {integer} not null
) {strict};
create index confirmed_emails_by_address on confirmed_emails (folded, user_id);
)sql";

}  // namespace carrel
