#include "store/migrations/steps.hpp"

namespace carrel {

// How far numbers of homes are reserved on the disk, in which boot of the machine, and by which
// opening of the store: one row, from the first number on that is given.
constinit std::string_view const migration_0019_home_numbers = R"sql(
create table home_numbers (
    id {integer} not null primary key,
    reserved_to {integer} not null,
    boot {text} not null,
    opening {text} not null,
    check (id = 1)
) {strict};
)sql";

}  // namespace carrel
