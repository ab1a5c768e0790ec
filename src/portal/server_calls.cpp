/// How somebody's server ended, for a page that was not open then. While it is on its way or runs,
/// the hub's own API tells more.

#include "base/text.hpp"
#include "base/time_text.hpp"
#include "portal/calls.hpp"
#include "portal/views.hpp"

namespace carrel {

namespace {

/// The owner that the path names: oneself, or anybody for who manages the course.
Result<User> find_owner(Transaction& transaction, Visit const& visit, SeenCourse const& seen) {
    auto const& text = visit.request.parameter("username");
    auto const name = parse_user_name(text);
    if (name && *name == visit.who.user.name) return visit.who.user;
    if (!seen.managed())
        return fail(Code::PermissionDenied, "only leaders may look at somebody else's server");
    auto const nobody = fail(Code::NotFound, "there is no user '{}'", for_log(text, 63));
    if (!name) return nobody;
    auto user = transaction.users().find_by_name(*name);
    if (!user && user.error().code == Code::NotFound) return nobody;
    return user;
}

Result<http::Response> show_server(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto const view, portal.store.read([&](Transaction& transaction) -> Result<nlohmann::json> {
        TRY(auto const seen,
            see_course(transaction, visit.who.user, visit.request.parameter("slug")));
        TRY(auto const owner, find_owner(transaction, visit, seen));
        auto const& name = visit.request.parameter("server");
        auto server = transaction.servers().find(seen.course.id, owner.id, name);
        // The default server is always one's own, started or not.
        bool const missing = !server && server.error().code == Code::NotFound;
        if (!server && (!missing || !name.empty()))
            return std::unexpected(std::move(server).error());
        auto const row = server ? *server : ServerRecord();
        nlohmann::json since;
        if (server) since = format_time(row.state_since);
        return nlohmann::json{
            {"state", name_of(row.state)},
            {"state_since", std::move(since)},
            {"message", text_or_null(row.message)},
            {"log_tail", text_or_null(row.log_tail)},
            {"last_activity", time_or_null(row.last_activity)},
            {"url", portal.paths.server(seen.course.request.slug, owner.name, name)}};
    }));
    return http::Response::json(view);
}

/// Which of the owner's servers an event is about; "" is the default one.
std::string server_in(Event const& event) {
    auto const detail = nlohmann::json::parse(event.detail, nullptr, false);
    return detail.is_object() ? detail.value("server", std::string()) : std::string();
}

Result<http::Response> show_visits(PortalDependencies const& portal, Visit const& visit) {
    constexpr int newest = 50;
    TRY(auto const events,
        portal.store.read([&](Transaction& transaction) -> Result<std::vector<Event>> {
            TRY(auto const seen,
                see_course(transaction, visit.who.user, visit.request.parameter("slug")));
            TRY(auto const owner, find_owner(transaction, visit, seen));
            return transaction.events().of_subject(seen.course.id, "server_entered", owner.name,
                                                   newest);
        }));
    auto items = nlohmann::json::array();
    for (auto const& event : events)
        items.push_back({{"at", format_time(event.at)},
                         {"visitor", event.actor},
                         {"server", server_in(event)}});
    return http::Response::json({{"items", std::move(items)}});
}

}  // namespace

void add_server_calls(Calls& calls) {
    calls.topic("Servers");
    calls.add({.method = "GET",
               .path = "/courses/{slug}/servers/{username}",
               .summary = "Somebody's server and why it ended; one's own, or for leaders",
               .scope = Scope::Servers,
               .gives = "Server",
               .problems = {404}},
              show_server);
    calls.add({.method = "GET",
               .path = "/courses/{slug}/servers/{username}/{server}",
               .summary = "The same for a server beside the default one, by its name",
               .scope = Scope::Servers,
               .gives = "Server",
               .problems = {404}},
              show_server);
    calls.add({.method = "GET",
               .path = "/courses/{slug}/visits/{username}",
               .summary = "Who else entered somebody's servers, and when: the newest fifty, to "
                          "their owner and to leaders",
               .scope = Scope::Servers,
               .gives = "Visits",
               .problems = {404}},
              show_visits);
}

}  // namespace carrel
