/// One's own sessions: listed, and ended one by one or all the others at once.

#include "auth/logins.hpp"
#include "base/time_text.hpp"
#include "portal/calls.hpp"
#include "portal/input.hpp"
#include "portal/record.hpp"
#include "portal/views.hpp"

#include <algorithm>

namespace carrel {

namespace {

/// The newest that are told of; nobody has more by accident.
constexpr size_t most_listed = 200;

nlohmann::json view_of(Session const& session, Visit const& visit) {
    return {{"id", session.id.value()},
            {"created_at", format_time(session.created_at)},
            {"last_used_at", format_time(session.last_used_at)},
            {"expires_at", format_time(session.expires_at)},
            {"address", text_or_null(session.address)},
            {"user_agent", text_or_null(session.user_agent)},
            {"current", session.id == visit.who.login}};
}

/// Those that still last, the one used last first.
Result<std::vector<Session>> lasting_sessions(Transaction& transaction, UserId const& user,
                                              Time now) {
    TRY(auto sessions, transaction.sessions().of_user(user));
    std::erase_if(sessions, [&](Session const& each) { return each.expires_at <= now; });
    std::ranges::sort(sessions, std::ranges::greater(), [](Session const& each) {
        return std::pair(each.last_used_at, each.created_at);
    });
    return sessions;
}

Result<http::Response> list_sessions(PortalDependencies const& portal, Visit const& visit) {
    auto const now = portal.clock.now();
    TRY(auto const sessions, portal.store.read([&](Transaction& transaction) {
        return lasting_sessions(transaction, visit.who.user.id, now);
    }));
    std::vector<nlohmann::json> items;
    for (auto const& session : sessions)
        if (items.size() < most_listed) items.push_back(view_of(session, visit));
    return http::Response::json(page_of(std::move(items), {}, most_listed));
}

Result<> record_end(Transaction& transaction, Visit const& visit, Time now, size_t count) {
    return record(
        transaction, now,
        {.kind = "sessions_ended",
         .actor = visit.who.user.name,
         .subject = visit.who.user.name,
         .message = fmt::format("{} ended sessions of their own: {}", visit.who.user.name, count),
         .detail = {{"count", count}}});
}

Result<http::Response> end_one(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    SessionId const id(visit.request.parameter("id"));
    auto response = http::Response::empty();
    if (visit.who.by_cookie && id == visit.who.login) {
        TRY_VOID(portal.gate.end_session(visit.who, response));
        return response;
    }
    auto const now = portal.clock.now();
    TRY_VOID(portal.store.write([&](Transaction& transaction) -> Result<> {
        TRY(auto const own, lasting_sessions(transaction, visit.who.user.id, now));
        if (std::ranges::find(own, id, &Session::id) == own.end())
            return fail(Code::NotFound, "you have no such session");
        TRY_VOID(end_session(transaction, id, now));
        return record_end(transaction, visit, now, 1);
    }));
    return response;
}

Result<http::Response> end_others(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    auto const now = portal.clock.now();
    TRY_VOID(portal.store.write([&](Transaction& transaction) -> Result<> {
        TRY(auto const own, lasting_sessions(transaction, visit.who.user.id, now));
        auto const others = static_cast<size_t>(std::ranges::count_if(
            own, [&](Session const& each) { return each.id != visit.who.login; }));
        TRY_VOID(end_sessions(transaction, visit.who.user.id, visit.who.login, now));
        return others == 0 ? Result<>() : record_end(transaction, visit, now, others);
    }));
    return http::Response::empty();
}

}  // namespace

void add_own_session_calls(Calls& calls) {
    calls.add({.method = "GET",
               .path = "/sessions",
               .summary = "One's own sessions, the one used last first",
               .scope = Scope::Self,
               .gives = "Session[]",
               .for_setup = true},
              list_sessions);
    calls.add({.method = "DELETE",
               .path = "/sessions",
               .summary = "End one's own other sessions, and what was opened with them",
               .scope = Scope::Self,
               .status = 204},
              end_others);
    calls.add({.method = "DELETE",
               .path = "/sessions/{id}",
               .summary = "End one of one's own sessions, and what was opened with it",
               .scope = Scope::Self,
               .status = 204,
               .problems = {404}},
              end_one);
}

}  // namespace carrel
