#include "store/migrations/steps.hpp"

namespace carrel {

// Of older deployments nobody knows it: their leases run out.
constinit std::string_view const migration_0003_instance = R"sql(
alter table deployments add column instance {text} not null default '';
)sql";

}  // namespace carrel
