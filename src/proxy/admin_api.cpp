#include "proxy/admin_api.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"
#include "proxy/path.hpp"
#include "runtime/log.hpp"

#include <algorithm>

namespace carrel::proxy {

namespace {

constexpr std::string_view routes_path = "/api/routes";
constexpr std::string_view revocations_path = "/api/revocations";

/// What JavaScript's Date.parse takes and clients send: RFC 3339, a date alone, a time without an
/// offset (UTC), and "+" that a query turned into a space.
std::optional<Time> parse_date(std::string text) {
    if (text.size() == 4) text += "-01";
    if (text.size() == 7) text += "-01";
    if (text.size() == 10) text += "T00:00:00";
    if (auto const space = text.find(' '); space != std::string::npos)
        text[space] = space == 10 ? 'T' : '+';
    auto const zone = text.find_first_of("Zz+-", std::min<size_t>(text.size(), 11));
    if (zone == std::string::npos) text += "Z";
    auto const time = parse_time(text);
    return time ? std::optional(*time) : std::nullopt;
}

/// configurable-http-proxy's rule: /token\s+(\S+)/ anywhere in the field.
std::string_view token_of(std::string_view authorization) {
    constexpr std::string_view word = "token";
    auto const at = authorization.find(word);
    if (at == std::string_view::npos) return {};
    auto const rest = authorization.substr(at + word.size());
    auto const start = rest.find_first_not_of(" \t");
    if (start == 0 || start == std::string_view::npos) return {};
    return rest.substr(start, rest.find_first_of(" \t", start) - start);
}

http::Response method_not_supported() { return http::Response::text("Method not supported", 405); }

/// The string at `key` of an object; "" when absent or of another type.
std::string text_at(nlohmann::json const& object, char const* key) {
    auto const found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

int64_t number_at(nlohmann::json const& object, char const* key) {
    auto const found = object.find(key);
    return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

}  // namespace

AdminApi::AdminApi(Options const& options, Clock const& clock, Push push)
    : options_(options), clock_(clock), push_(std::move(push)) {
    if (options.default_target) put("/", {{"target", options.default_target->url}});
}

http::Response AdminApi::handle(http::Request const& request) {
    std::string_view const path = request.path;
    bool const is_routes = path == routes_path || path.starts_with("/api/routes/");
    bool const is_revocations = path == revocations_path;
    if (!is_routes && !is_revocations) return http::Response::empty(404);
    if (!is_authorized(request)) return http::Response::empty(403);
    if (is_revocations) return handle_revocations(request);
    return handle_routes(request, path.substr(routes_path.size()));
}

bool AdminApi::is_authorized(http::Request const& request) const {
    if (options_.api_token.empty()) return true;
    return equals_in_constant_time(token_of(request.headers.get("authorization")),
                                   options_.api_token);
}

http::Response AdminApi::handle_routes(http::Request const& request, std::string_view rest) {
    std::string storage;
    auto const decoded = decode_path(rest.empty() ? "/" : rest, storage);
    if (!decoded) return http::Response::text(decoded.error().message, 400);
    auto const path = route_key(*decoded);
    if (request.method == "GET") return path == "/" ? list(request) : show(path);
    if (request.method == "POST") return add(request, path);
    if (request.method == "DELETE") return remove(path);
    return method_not_supported();
}

http::Response AdminApi::list(http::Request const& request) const {
    auto since = request.query("inactiveSince");
    if (!since) since = request.query("inactive_since");
    auto limit = std::numeric_limits<int64_t>::max();
    if (since) {
        auto const time = parse_date(*since);
        if (!time)
            return http::Response::text(
                fmt::format("Invalid datestamp '{}' must be ISO8601.", for_log(*since)), 400);
        limit = time->time_since_epoch().count();
    }
    auto routes = nlohmann::json::object();
    for (auto const& [path, entry] : entries_)
        if (entry.route->activity->last() < limit) routes[path] = describe(entry);
    return http::Response::json(routes);
}

http::Response AdminApi::show(std::string const& path) const {
    auto const found = entries_.find(path);
    if (found == entries_.end()) return http::Response::empty(404);
    return http::Response::json(describe(found->second));
}

nlohmann::json AdminApi::describe(Entry const& entry) const {
    auto data = entry.data;
    data.erase("secret");
    auto const& activity = *entry.route->activity;
    data["last_activity"] = format_time(Time(Milliseconds(activity.last())));
    if (activity.last_change() > 0)
        data["last_change"] = format_time(Time(Milliseconds(activity.last_change())));
    return data;
}

http::Response AdminApi::add(http::Request const& request, std::string const& path) {
    auto data = request.json();
    if (!data) return http::Response::text(data.error().message, 400);
    if (text_at(*data, "target").empty())
        return http::Response::text("Must specify 'target' as string", 400);
    // A route that was meant to be guarded must not be open because of a slip.
    if (auto const auth = data->find("auth"); auth != data->end()) {
        if (!auth->is_object() || text_at(*auth, "login").empty() || options_.edge_key.empty())
            return http::Response::text("'auth' needs a 'login' path and CARREL_EDGE_KEY", 400);
        if (!std::ranges::all_of(text_at(*auth, "login"),
                                 [](char c) { return c > ' ' && c < 127; }))
            return http::Response::text("'login' is not a path", 400);
    }
    if (!std::ranges::all_of(text_at(*data, "secret"), [](char c) { return c > ' ' && c < 127; }))
        return http::Response::text("'secret' has characters that no header may have", 400);
    put(path, *std::move(data));
    return http::Response::empty(201);
}

void AdminApi::put(std::string const& path, nlohmann::json data) {
    auto& entry = entries_[path];
    auto route = std::make_shared<Route>();
    route->path = path;
    route->target = Target::parse(text_at(data, "target"));
    route->secret = text_at(data, "secret");
    route->trusted = path == "/";
    if (data.contains("auth")) route->login = text_at(data["auth"], "login");
    // Tunnels that are open still count for the route that replaces theirs.
    route->activity = entry.route ? entry.route->activity : std::make_shared<Activity>(now());
    route->activity->touch(now());
    if (!route->target)
        log::warn("route_unusable",
                  {{"route", for_log(path)}, {"reason", route->target.error().message}});
    log::debug("route_added", {{"route", for_log(path)}});
    entry = {std::move(data), route};
    push_(RoutePointer(route));
}

http::Response AdminApi::remove(std::string const& path) {
    if (entries_.erase(path) == 0) return http::Response::empty(404);
    push_(RemoveRoute{path});
    log::debug("route_removed", {{"route", for_log(path)}});
    return http::Response::empty(204);
}

http::Response AdminApi::handle_revocations(http::Request const& request) {
    revocations_.forget_before(now());
    if (request.method == "GET") return list_revocations();
    if (request.method == "POST") return revoke(request);
    return method_not_supported();
}

http::Response AdminApi::list_revocations() {
    auto items = nlohmann::json::array();
    for (auto const& each : revocations_.all()) {
        nlohmann::json item = {{"until", each.until / 1000}};
        if (!each.session.empty()) {
            item["session"] = each.session;
        } else {
            item["route"] = each.route;
            item["user"] = each.user;
        }
        if (each.issued_until > 0) item["issued_until"] = each.issued_until;
        items.push_back(std::move(item));
    }
    return http::Response::json({{"items", items}});
}

http::Response AdminApi::revoke(http::Request const& request) {
    auto const data = request.json();
    if (!data) return http::Response::text(data.error().message, 400);
    Revocation revocation{.session = text_at(*data, "session"),
                          .route = text_at(*data, "route"),
                          .user = text_at(*data, "user"),
                          .issued_until = number_at(*data, "issued_until"),
                          .until = number_at(*data, "until") * 1000};
    bool const by_session = !revocation.session.empty();
    bool const by_user = !revocation.route.empty() && !revocation.user.empty();
    if (by_session == by_user || revocation.until <= 0)
        return http::Response::text("needs 'until' and either 'session' or 'route' and 'user'",
                                    400);
    if (by_user && revocation.issued_until == 0) revocation.issued_until = now();
    revocations_.add(revocation);
    push_(revocation);
    return http::Response::empty(201);
}

int64_t AdminApi::now() const { return clock_.now().time_since_epoch().count(); }

}  // namespace carrel::proxy
