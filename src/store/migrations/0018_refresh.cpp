#include "store/migrations/steps.hpp"

namespace carrel {

// A provider is asked again about who is logged in, with what came with the log-in; half a log-in
// keeps that until the other half is there.
constinit std::string_view const migration_0018_refresh = R"sql(
alter table provider_sessions add column subject {text} not null default '';
alter table provider_sessions add column refresh_token {text} not null default '';
alter table provider_sessions add column refreshed_at {integer} not null default 0;
alter table half_logins add column provider_session {text} not null default '';
create index provider_sessions_by_refresh on provider_sessions (login, refreshed_at);
)sql";

}  // namespace carrel
