#include "store/migrations/steps.hpp"

namespace carrel {

constinit std::string_view const migration_0001_first = R"sql(
create table users (
    id {text} not null primary key,
    name {text} not null unique,
    display_name {text} not null,
    email {text} not null,
    password_hash {text} not null,
    administrator {integer} not null,
    leader {integer} not null,
    disabled {integer} not null,
    language {text} not null,
    created_at {integer} not null,
    last_login_at {integer}
) {strict};

create table sessions (
    id {text} not null primary key,
    secret_hash {text} not null unique,
    csrf_token {text} not null,
    user_id {text} not null references users (id),
    created_at {integer} not null,
    expires_at {integer} not null,
    last_used_at {integer} not null
) {strict};
create index sessions_by_user on sessions (user_id);
create index sessions_by_expiry on sessions (expires_at);

create table tokens (
    id {text} not null primary key,
    secret_hash {text} not null unique,
    user_id {text} not null references users (id),
    note {text} not null,
    scopes {text} not null,
    created_at {integer} not null,
    expires_at {integer},
    last_used_at {integer}
) {strict};
create index tokens_by_user on tokens (user_id, created_at);

create table courses (
    id {text} not null primary key,
    slug {text} not null unique,
    name {text} not null,
    description {text} not null,
    starts_at {integer} not null,
    ends_at {integer},
    expected_participants {integer} not null,
    cpu {real} not null,
    memory_gib {real} not null,
    storage_gib {real} not null,
    environment {text} not null,
    target {text} not null,
    state {text} not null,
    state_since {integer} not null,
    reason {text} not null,
    wanted {text},
    deployment_id {text},
    lease_until {integer},
    deadline {integer},
    requested_by {text} not null references users (id),
    invitation_code {text} not null unique,
    created_at {integer} not null,
    updated_at {integer} not null
) {strict};
create index courses_by_state_and_slug on courses (state, slug);
create index courses_by_requester on courses (requested_by);
create index courses_by_start on courses (state, starts_at);
create index courses_by_end on courses (state, ends_at);
create index courses_by_lease on courses (state, lease_until);
create index courses_by_deadline on courses (state, deadline);
create index courses_by_wish on courses (wanted, state);

create table course_leaders (
    course_id {text} not null references courses (id),
    position {integer} not null,
    user_id {text} not null references users (id),
    primary key (course_id, position),
    unique (course_id, user_id)
) {strict};
create index course_leaders_by_user on course_leaders (user_id);

create table applications (
    course_id {text} not null references courses (id),
    user_id {text} not null references users (id),
    state {text} not null,
    applied_at {integer} not null,
    decided_at {integer},
    decided_by {text} references users (id),
    primary key (course_id, user_id)
) {strict};
create index applications_by_user on applications (user_id);
create index applications_by_state on applications (course_id, state, user_id);

create table deployments (
    id {text} not null primary key,
    course_id {text} not null references courses (id),
    kind {text} not null,
    state {text} not null,
    started_at {integer} not null,
    deadline {integer} not null,
    finished_at {integer},
    message {text} not null
) {strict};
create index deployments_by_course on deployments (course_id, started_at);

create table servers (
    course_id {text} not null references courses (id),
    user_id {text} not null references users (id),
    name {text} not null,
    state {text} not null,
    state_since {integer} not null,
    spawner_state {text} not null,
    endpoint {text} not null,
    secret {text} not null,
    message {text} not null,
    log_tail {text} not null,
    started_at {integer},
    last_activity {integer},
    primary key (course_id, user_id, name)
) {strict};
create index servers_by_state on servers (state);

create table homes (
    number {integer} not null primary key,
    course_id {text} not null references courses (id),
    user_id {text} not null references users (id),
    unique (course_id, user_id)
) {strict};

create table exports (
    course_id {text} not null references courses (id),
    user_id {text} not null references users (id),
    deployment_id {text} not null,
    file {text} not null,
    sha256 {text} not null,
    bytes {integer} not null,
    files {integer} not null,
    created_at {integer} not null,
    verified_at {integer},
    primary key (course_id, user_id)
) {strict};

create table events (
    id {serial},
    at {integer} not null,
    kind {text} not null,
    course_id {text},
    actor {text} not null,
    subject {text} not null,
    message {text} not null,
    detail {text} not null
) {strict};
create index events_by_course on events (course_id, id);

create table outbox (
    id {serial},
    kind {text} not null,
    payload {text} not null,
    created_at {integer} not null,
    due_at {integer} not null,
    attempts {integer} not null
) {strict};
create index outbox_by_due on outbox (due_at, id);

create table settings (
    key {text} not null primary key,
    value {text} not null
) {strict};
)sql";

}  // namespace carrel
