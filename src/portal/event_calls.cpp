/// A course's timeline, as a list and live.

#include "base/text.hpp"
#include "http/sse.hpp"
#include "portal/calls.hpp"
#include "portal/input.hpp"
#include "portal/views.hpp"

#include <array>

namespace carrel {

namespace {

/// So often a quiet stream shows that it is alive, and its login is looked at.
constexpr Milliseconds reassure_every{15'000};
constexpr int batch = 200;

/// What everybody who sees the course may read. The rest is about persons: its leaders read it,
/// and whom it is about. So is "failed", whose reason may name people and their files.
constexpr std::array<std::string_view, 15> about_the_course{
    "course_requested", "course_accepted",  "course_rejected",   "course_canceled",
    "course_lapsed",    "deploy_requested", "degrade_requested", "redeploy_requested",
    "deploy_started",   "deploy_progress",  "deployed",          "degrade_started",
    "degrade_progress", "degraded",         "invitation_rotated"};

bool may_read(SeenCourse const& seen, User const& user, Event const& event) {
    if (seen.managed() || event.actor == user.name || event.subject == user.name) return true;
    return std::ranges::find(about_the_course, event.kind) != about_the_course.end();
}

struct EventsRead {
    std::vector<Event> events;
    long long last = 0;  ///< the newest id looked at, also of events that are not shown
};

/// Up to `most` events that the visitor may read, after `after`.
Result<EventsRead> read_events(Transaction& transaction, SeenCourse const& seen, User const& user,
                               long long after, size_t most) {
    EventsRead read{.events = {}, .last = after};
    while (read.events.size() < most) {
        TRY(auto rows, transaction.events().of_course(seen.course.id, read.last, batch));
        for (auto& row : rows) {
            if (read.events.size() == most) break;
            read.last = row.id;
            if (may_read(seen, user, row)) read.events.push_back(std::move(row));
        }
        if (rows.size() < static_cast<size_t>(batch)) break;
    }
    return read;
}

Result<http::Response> list_events(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto const page, read_page(visit.request));
    TRY(auto const after, read_number_after(visit.request));
    auto const& user = visit.who.user;
    TRY(auto const read, portal.store.read([&](Transaction& transaction) -> Result<EventsRead> {
        TRY(auto const seen, see_course(transaction, user, visit.request.parameter("slug")));
        return read_events(transaction, seen, user, after, static_cast<size_t>(page.limit) + 1);
    }));
    std::vector<nlohmann::json> items;
    std::vector<std::string> keys;
    for (auto const& event : read.events) {
        items.push_back(view_of(event));
        keys.push_back(std::to_string(event.id));
    }
    return http::Response::json(page_of(std::move(items), keys, page.limit));
}

/// The next events for a stream. The login and the right to see the course are asked for anew each
/// time: a stream must not outlive them, nor make them live longer.
Result<EventsRead> look_again(PortalDependencies const& portal, http::Request const& request,
                              long long after) {
    TRY(auto const who, portal.gate.identify(request, Presence::Watches));
    return portal.store.read([&](Transaction& transaction) -> Result<EventsRead> {
        TRY(auto const seen, see_course(transaction, who.user, request.parameter("slug")));
        return read_events(transaction, seen, who.user, after, batch);
    });
}

struct Followed {
    CourseId course;
    std::string person;   ///< who follows
    long long after = 0;  ///< the last event that they have
};

Task<> stream_events(PortalDependencies const& portal, http::Request request, Followed followed,
                     http::Stream& stream) {
    CO_TRY_VOID(co_await stream.write(": events follow\n\n"));
    while (true) {
        CO_TRY(auto const position, co_await portal.feed.position());
        auto look = [&] { return look_again(portal, request, followed.after); };
        auto const read = co_await portal.pool.run(look);
        // The client comes back and hears the reason as a proper answer.
        if (!read) co_return Result<>();
        followed.after = read->last;
        std::string text;
        for (auto const& event : read->events)
            text +=
                http::format_event({.data = view_of(event).dump(
                                        -1, ' ', false, nlohmann::json::error_handler_t::replace),
                                    .id = std::to_string(event.id)});
        if (!text.empty()) CO_TRY_VOID(co_await stream.write(std::move(text)));
        if (read->events.size() == static_cast<size_t>(batch)) continue;
        CO_TRY(bool const news, co_await portal.feed.wait(followed.course, followed.person,
                                                          position, reassure_every));
        if (!news) CO_TRY_VOID(co_await stream.write(": nothing new\n\n"));
    }
}

bool wants_stream(http::Request const& request) {
    return request.headers.get("accept").find("text/event-stream") != std::string_view::npos;
}

Result<http::Response> show_events(PortalDependencies const& portal, Visit const& visit) {
    if (!wants_stream(visit.request)) return list_events(portal, visit);
    TRY(auto after, read_number_after(visit.request));
    if (auto const last = visit.request.headers.find("last-event-id")) {
        auto const number = parse_whole(*last);
        if (!number) return fail(Code::InvalidArgument, "the Last-Event-ID is none of this stream");
        after = *number;
    }
    // Refuses now, while there can still be a status.
    TRY(auto const seen, portal.store.read([&](Transaction& transaction) {
        return see_course(transaction, visit.who.user, visit.request.parameter("slug"));
    }));
    Followed const followed{seen.course.id, visit.who.user.name, after};
    return http::event_stream(
        [&portal, request = visit.request, followed](http::Stream& stream) -> Task<> {
            return stream_events(portal, request, followed, stream);
        });
}

}  // namespace

void add_event_calls(Calls& calls) {
    calls.topic("Timeline");
    calls.add({.method = "GET",
               .path = "/courses/{slug}/events",
               .summary = "What happened, oldest first; with Accept: text/event-stream, live",
               .scope = Scope::CoursesRead,
               .gives = "Event[]",
               .problems = {404},
               .also_gives = "text/event-stream"},
              show_events);
}

}  // namespace carrel
