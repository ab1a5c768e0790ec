#include "store/sql/login_place_tables.hpp"

#include "store/sql/query.hpp"

namespace carrel {

Result<> LoginPlacesTable::note(UserId const& user, std::string_view place, Time at) {
    TRY_VOID(Query(connection_,
                   "insert into login_places (user_id, place, last_at) values (:user, :place, :at) "
                   "on conflict (user_id, place) do update set last_at = excluded.last_at")
                 .use(user)
                 .use(place)
                 .use(at)
                 .run());
    return done(Query(connection_,
                      "delete from login_places where user_id = :user and place not in (select "
                      "place from login_places where user_id = :same order by last_at desc, place "
                      "limit :most)")
                    .use(user)
                    .use(user)
                    .use(most)
                    .run());
}

Result<bool> LoginPlacesTable::knows(UserId const& user, std::string_view place) {
    TRY(auto const found,
        Query(connection_,
              "select count(*) from login_places where user_id = :user and place = :place")
            .use(user)
            .use(place)
            .value<long long>());
    return found.value_or(0) > 0;
}

Result<long long> LoginPlacesTable::remove_before(Time time) {
    return Query(connection_, "delete from login_places where last_at < :time").use(time).run();
}

Result<> LoginPlacesTable::remove_of_user(UserId const& user) {
    return done(
        Query(connection_, "delete from login_places where user_id = :user").use(user).run());
}

}  // namespace carrel
