#include "proxy/api/admin_api.hpp"

#include "base/text.hpp"
#include "proxy/api/route_change.hpp"
#include "proxy/message/path.hpp"
#include "proxy/report/journal.hpp"
#include "runtime/log.hpp"

#include <limits>

namespace carrel::proxy {

namespace {

constexpr std::string_view routes_path = "/api/routes";
constexpr std::string_view revocations_path = "/api/revocations";
/// Of somebody who has no token: enough for a polite refusal.
constexpr size_t strangers_body = 1UL << 20U;
constexpr size_t usual_body = 1UL << 20U;
constexpr size_t bulk_body = 256UL << 20U;

SideAnswer empty(unsigned status) { return {.status = status}; }

SideAnswer text(unsigned status, std::string body) {
    return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
}

SideAnswer json(std::string body) {
    return {.status = 200, .content_type = "application/json", .body = std::move(body)};
}

/// configurable-http-proxy's rule: /token\s+(\S+)/ anywhere in the field.
std::string_view token_of(std::string_view authorization) {
    constexpr std::string_view word = "token";
    for (auto at = authorization.find(word); at != std::string_view::npos;
         at = authorization.find(word, at + 1)) {
        auto const rest = authorization.substr(at + word.size());
        auto const start = rest.find_first_not_of(" \t");
        if (start == 0 || start == std::string_view::npos) continue;
        return rest.substr(start, rest.find_first_of(" \t", start) - start);
    }
    return {};
}

SideAnswer method_not_supported() { return text(405, "Method not supported"); }

/// The string at `key` of an object; "" when absent or of another type.
std::string text_at(Json const& object, char const* key) {
    if (!object.is_object()) return "";
    auto const found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// The end of the year 9999, in seconds: what is later is for ever.
constexpr int64_t latest = 253'402'300'799;

int64_t number_at(Json const& object, char const* key) {
    if (!object.is_object()) return 0;
    auto const found = object.find(key);
    return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

Result<Json> body_of(SideRequest const& request) {
    auto data = parse_json(request.body);
    if (!data) return fail(Code::InvalidArgument, "Body not valid JSON: {}", data.error().message);
    return data;
}

bool is_bulk(SideRequest const& request) {
    return request.path == routes_path && request.query("bulk").has_value();
}

}  // namespace

AdminApi::AdminApi(Options const& options, Clock const& clock, RouteBook::Push push,
                   NameWatch* names)
    : options_(options), push_(push), routes_(options, clock, std::move(push), names) {
    if (options.default_target) [[maybe_unused]]
        auto const added = put("/", {{"target", options.default_target->url}});
}

size_t AdminApi::largest_body(SideRequest const& request) const {
    if (!is_authorized(request)) return strangers_body;
    return is_bulk(request) ? bulk_body : usual_body;
}

SideAnswer AdminApi::handle(SideRequest& request) {
    auto answer = dispatch(request);
    ++metrics_.requests[answer.status];
    bool const spoken = answer.status >= 400 && answer.content_type.starts_with("text/plain");
    journal::api_answered(answer.status, request.method, request.target,
                          spoken ? std::string_view(answer.body) : "");
    return answer;
}

SideAnswer AdminApi::dispatch(SideRequest& request) {
    auto const path = request.path;
    bool const is_routes = path == routes_path || path.starts_with("/api/routes/");
    bool const is_revocations = path == revocations_path;
    if (!is_routes && !is_revocations) return text(404, "Not Found");
    if (!is_authorized(request)) return empty(403);
    if (is_revocations) return handle_revocations(request);
    return handle_routes(request, path.substr(routes_path.size()));
}

bool AdminApi::is_authorized(SideRequest const& request) const {
    if (options_.api_token.empty()) return true;
    return equals_in_constant_time(token_of(request.authorization), options_.api_token);
}

SideAnswer AdminApi::handle_routes(SideRequest& request, std::string_view rest) {
    if (request.method == "POST" && is_bulk(request)) {
        SideAnswer answer;
        answer.job = std::make_unique<RouteChanges>(routes_, std::move(request.body));
        return answer;
    }
    std::string storage;
    auto const decoded = decode_path(rest.empty() ? "/" : rest, storage);
    if (!decoded) return text(400, decoded.error().message);
    auto path = route_key(*decoded);
    if (request.method == "GET") return path == "/" ? list(request) : show(path);
    if (request.method == "POST") return add(request, std::move(path));
    if (request.method == "PATCH") return change(request, std::move(path));
    if (request.method == "DELETE") return remove(path);
    return method_not_supported();
}

SideAnswer AdminApi::list(SideRequest const& request) {
    auto const ask = [&](std::string_view name) { return request.query(name).value_or(""); };
    SideAnswer answer{.content_type = "application/json"};
    if (request.query("watch")) {
        bool const events = request.accept.find("text/event-stream") != std::string_view::npos;
        answer.content_type = events ? "text/event-stream" : "application/x-ndjson";
        answer.fields = "Cache-Control: no-store\r\n";
        answer.feed =
            routes_.watch(events ? RouteBook::WatchForm::Events : RouteBook::WatchForm::Lines);
        return answer;
    }
    auto since = ask("inactiveSince");
    if (since.empty()) since = ask("inactive_since");
    auto limit = std::numeric_limits<int64_t>::max();
    if (!since.empty()) {
        auto const time = parse_date(since);
        if (!time)
            return text(400,
                        fmt::format("Invalid datestamp '{}' must be ISO8601.", for_log(since)));
        limit = *time;
    }
    ++metrics_.route_get;
    answer.feed = routes_.list(limit);
    return answer;
}

SideAnswer AdminApi::show(std::string const& path) {
    auto const* entry = routes_.find(path);
    return entry == nullptr ? empty(404) : json(routes_.show(*entry));
}

SideAnswer AdminApi::add(SideRequest const& request, std::string path) {
    auto data = body_of(request);
    if (!data) return text(400, data.error().message);
    return put(std::move(path), *std::move(data));
}

SideAnswer AdminApi::put(std::string path, Json data) {
    auto draft = routes_.draft(std::move(path), std::move(data));
    if (!draft) return text(400, draft.error().message);
    auto const route = draft->route;
    auto const target = route->target ? route->target->url : "";
    routes_.put(*std::move(draft));
    journal::route_added(route->path, target);
    ++metrics_.route_add;
    return empty(201);
}

SideAnswer AdminApi::change(SideRequest const& request, std::string path) {
    auto const* entry = routes_.find(path);
    if (entry == nullptr) return empty(404);
    auto changes = body_of(request);
    if (!changes) return text(400, changes.error().message);
    if (!changes->is_object()) return text(400, "the body is not an object");
    auto data = routes_.data_of(*entry);
    merge(data, *changes);
    auto answer = put(path, std::move(data));
    return answer.status == 201 ? show(path) : std::move(answer);
}

SideAnswer AdminApi::remove(std::string const& path) {
    ++metrics_.route_delete;
    if (!routes_.remove(path)) return empty(404);
    journal::route_removed(path);
    return empty(204);
}

SideAnswer AdminApi::handle_revocations(SideRequest& request) {
    revocations_.forget_before(routes_.now());
    if (request.method == "GET") return list_revocations();
    if (request.method == "POST") return revoke(request);
    return method_not_supported();
}

SideAnswer AdminApi::list_revocations() {
    auto items = Json::array();
    for (auto const& each : revocations_.all()) {
        Json item = {{"until", each.until / 1000}};
        if (!each.session.empty()) {
            item["session"] = each.session;
        } else {
            item["route"] = each.route;
            item["user"] = each.user;
        }
        if (each.issued_until > 0) item["issued_until"] = each.issued_until;
        items.push_back(std::move(item));
    }
    return json(Json{{"items", items}}.dump(-1, ' ', false, Json::error_handler_t::replace));
}

SideAnswer AdminApi::revoke(SideRequest const& request) {
    auto const data = body_of(request);
    if (!data) return text(400, data.error().message);
    Revocation revocation{
        .session = text_at(*data, "session"),
        .route = text_at(*data, "route"),
        .user = text_at(*data, "user"),
        .issued_until = number_at(*data, "issued_until"),
        .until = std::clamp<int64_t>(number_at(*data, "until"), 0, latest) * 1000};
    bool const by_session = !revocation.session.empty();
    bool const by_user = !revocation.route.empty() && !revocation.user.empty();
    if (by_session == by_user || revocation.until <= 0)
        return text(400, "needs 'until' and either 'session' or 'route' and 'user'");
    if (by_user && revocation.issued_until == 0) revocation.issued_until = routes_.now();
    revocations_.add(revocation);
    push_(revocation);
    // It is in force. Whoever asked for it must ask again until it also outlives us: a proxy that
    // is killed and comes back must not let in who was sent away.
    if (auto const kept = routes_.flush(); !kept) {
        log::error("revocation_not_kept", {{"cause", kept.error().message}});
        return text(503, "in force, but not written down: " + kept.error().message);
    }
    return empty(201);
}

}  // namespace carrel::proxy
