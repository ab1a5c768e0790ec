#include "store/migrations/steps.hpp"

namespace carrel {

constinit std::string_view const migration_0009_logins = R"sql(
create table login_identities (
    login {text} not null,
    subject {text} not null,
    user_id {text} not null references users (id),
    shown {text} not null,
    gave_administrator {integer} not null,
    gave_leader {integer} not null,
    created_at {integer} not null,
    used_at {integer},
    primary key (login, subject),
    unique (login, user_id)
) {strict};
create index login_identities_by_user on login_identities (user_id, login);

create table pending_logins (
    hash {text} not null primary key,
    login {text} not null,
    browser {text} not null,
    nonce {text} not null,
    verifier {text} not null,
    redirect_uri {text} not null,
    next {text} not null,
    user_id {text} references users (id),
    expires_at {integer} not null
) {strict};
create index pending_logins_by_expiry on pending_logins (expires_at);

create table provider_sessions (
    session_id {text} not null primary key references sessions (id) on delete cascade,
    login {text} not null,
    log_out_at {text} not null,
    id_token {text} not null
) {strict};
)sql";

}  // namespace carrel
