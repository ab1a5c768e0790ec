#include "store/migrations/steps.hpp"

namespace carrel {

// Of older tokens nobody knows it any more.
constinit std::string_view const migration_0002_token_maker = R"sql(
alter table tokens add column made_with {text} references tokens (id);
create index tokens_by_maker on tokens (made_with);
)sql";

}  // namespace carrel
