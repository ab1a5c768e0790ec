#include "store/migrations/steps.hpp"

namespace carrel {

// Clients of JupyterHub's API say with a start what they want, and read it again.
constinit std::string_view const migration_0017_user_options = R"sql(
alter table servers add column user_options {text} not null default '';
)sql";

}  // namespace carrel
