#include "store/migrations/steps.hpp"

namespace carrel {

// What people call a server, beside the name by which it is found.
constinit std::string_view const migration_0021_display_names = R"sql(
alter table servers add column display_name {text} not null default '';
)sql";

}  // namespace carrel
