#include "store/migrations/steps.hpp"

namespace carrel {

// Of older sessions nobody knows it any more.
constinit std::string_view const migration_0010_session_places = R"sql(
alter table sessions add column address {text} not null default '';
alter table sessions add column user_agent {text} not null default '';
)sql";

}  // namespace carrel
