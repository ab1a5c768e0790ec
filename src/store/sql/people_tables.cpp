#include "store/sql/people_tables.hpp"

#include "store/sql/people_rows.hpp"
#include "store/sql/query.hpp"

namespace carrel {

namespace {

std::string select_removals(std::string_view condition) {
    return fmt::format("select {} from removals {}", columns<Removal>(), condition);
}

}  // namespace

Result<bool> AccessEntriesTable::put(AccessEntry const& entry) {
    TRY(auto const added, Query(connection_, insert_into<AccessEntry>("access_entries") +
                                                 " on conflict (list, value) do nothing")
                              .use_row(entry)
                              .run());
    return added > 0;
}

Result<bool> AccessEntriesTable::remove(AccessList list, std::string_view value) {
    TRY(auto const removed,
        Query(connection_, "delete from access_entries where list = :list and value = :value")
            .use(list)
            .use(value)
            .run());
    return removed > 0;
}

Result<std::vector<AccessEntry>> AccessEntriesTable::all() {
    return Query(connection_, fmt::format("select {} from access_entries order by list, value",
                                          columns<AccessEntry>()))
        .rows<AccessEntry>();
}

Result<> RemovalsTable::insert(Removal const& removal) {
    return done(Query(connection_, insert_into<Removal>("removals")).use_row(removal).run());
}

Result<> RemovalsTable::update(Removal const& removal) {
    return Query(connection_, update_of<Removal>("removals") + " where user_id = :key")
        .use_row(removal)
        .use(removal.user)
        .run_on_one("removal");
}

Result<Removal> RemovalsTable::find(UserId const& user) {
    return Query(connection_, select_removals("where user_id = :user"))
        .use(user)
        .one<Removal>("removal");
}

Result<std::vector<Removal>> RemovalsTable::unfinished() {
    return Query(connection_,
                 select_removals("where finished_at is null order by ordered_at, user_id"))
        .rows<Removal>();
}

Result<std::vector<Removal>> RemovalsTable::newest(int limit) {
    return Query(connection_, select_removals("order by ordered_at desc, user_id limit :limit"))
        .use(limit)
        .rows<Removal>();
}

Result<> RemovalsTable::remove(UserId const& user) {
    return done(Query(connection_, "delete from removals where user_id = :user").use(user).run());
}

}  // namespace carrel
