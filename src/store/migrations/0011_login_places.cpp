#include "store/migrations/steps.hpp"

namespace carrel {

// A place is an address or a browser by which somebody has logged in.
constinit std::string_view const migration_0011_login_places = R"sql(
create table login_places (
    user_id {text} not null references users (id),
    place {text} not null,
    last_at {integer} not null,
    primary key (user_id, place)
) {strict};
create index login_places_by_time on login_places (last_at);
)sql";

}  // namespace carrel
