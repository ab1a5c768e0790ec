#include "store/migrations/steps.hpp"

namespace carrel {

// A page of many people is read in its order, instead of sorting all of them for it.
constinit std::string_view const migration_0007_user_order = R"sql(
create index users_by_creation on users (created_at, name);
)sql";

}  // namespace carrel
