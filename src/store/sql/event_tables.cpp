#include "store/sql/event_tables.hpp"

#include "store/sql/query.hpp"

#include <limits>

namespace carrel {

Result<long long> EventsTable::append(Event const& event) {
    TRY(auto const id,
        Query(connection_,
              "insert into events (at, kind, course_id, actor, subject, message, detail) "
              "values (:at, :kind, :course, :actor, :subject, :message, :detail) returning id")
            .use(event.at)
            .use(event.kind)
            .use(event.course)
            .use(event.actor)
            .use(event.subject)
            .use(event.message)
            .use(event.detail)
            .value<long long>());
    return id.value_or(0);
}

Result<std::vector<Event>> EventsTable::of_course(CourseId const& course, long long after,
                                                  int limit) {
    return Query(connection_, fmt::format("select {} from events where course_id = :course "
                                          "and id > :after order by id limit :limit",
                                          columns<Event>()))
        .use(course)
        .use(after)
        .use(limit)
        .rows<Event>();
}

Result<std::vector<Event>> EventsTable::of_subject(CourseId const& course, std::string_view kind,
                                                   std::string_view subject, int limit) {
    return Query(connection_,
                 fmt::format("select {} from events where course_id = :course and kind = :kind and "
                             "subject = :subject order by id desc limit :limit",
                             columns<Event>()))
        .use(course)
        .use(kind)
        .use(subject)
        .use(limit)
        .rows<Event>();
}

Result<std::vector<Event>> EventsTable::newest(long long before, int limit) {
    return Query(connection_, fmt::format("select {} from events where id < :before "
                                          "order by id desc limit :limit",
                                          columns<Event>()))
        .use(before == 0 ? std::numeric_limits<long long>::max() : before)
        .use(limit)
        .rows<Event>();
}

Result<long long> EventsTable::remove_before(Time time, int limit) {
    // By the primary key: ids are older the lower they are, so no index on the time is needed.
    return Query(connection_,
                 "delete from events where id in (select id from (select id, at from events "
                 "order by id limit :limit) as oldest where at < :time) "
                 "and id < (select max(id) from events)")
        .use(limit)
        .use(time)
        .run();
}

Result<> OutboxTable::add(OutboxItem const& item) {
    return carrel::done(Query(connection_,
                              "insert into outbox (kind, payload, created_at, due_at, attempts) "
                              "values (:kind, :payload, :created_at, :due_at, :attempts)")
                            .use(item.kind)
                            .use(item.payload)
                            .use(item.created_at)
                            .use(item.due_at)
                            .use(item.attempts)
                            .run());
}

Result<std::vector<OutboxItem>> OutboxTable::due(Time now, int limit) {
    return Query(connection_, fmt::format("select {} from outbox where due_at <= :now "
                                          "order by id limit :limit",
                                          columns<OutboxItem>()))
        .use(now)
        .use(limit)
        .rows<OutboxItem>();
}

Result<> OutboxTable::done(long long id) {
    return carrel::done(Query(connection_, "delete from outbox where id = :id").use(id).run());
}

Result<> OutboxTable::retry(long long id, Time due_at) {
    return Query(connection_,
                 "update outbox set due_at = :due, attempts = attempts + 1 where id = :id")
        .use(due_at)
        .use(id)
        .run_on_one("outbox item");
}

Result<std::optional<std::string>> SettingsTable::get(std::string_view key) {
    return Query(connection_, "select value from settings where key = :key")
        .use(key)
        .value<std::string>();
}

Result<> SettingsTable::set(std::string_view key, std::string_view value) {
    return carrel::done(Query(connection_,
                              "insert into settings (key, value) values (:key, :value) "
                              "on conflict (key) do update set value = excluded.value")
                            .use(key)
                            .use(value)
                            .run());
}

}  // namespace carrel
