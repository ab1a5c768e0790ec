#include "hub/rest_proxy_client.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

namespace {

constexpr Milliseconds patience{10'000};
/// A route that no browser asks for; its absence says that the proxy has forgotten its routes.
/// An open JupyterLab keeps its layout there every ten seconds, touched or not.
constexpr auto layout_path = "/lab/api/workspaces";
constexpr std::string_view mark_path = "/.carrel/mark";

/// Where the proxy's API has this route.
std::string place_of(std::string_view path) {
    std::string place = "/api/routes";
    for (auto const segment : split(path.substr(1), '/')) place += "/" + percent_encode(segment);
    return place;
}

nlohmann::json data_of(ServerRoute const& route) {
    nlohmann::json data{{"target", route.target}, {"carrel", true}, {"confined", true}};
    data["idle_changes"] = nlohmann::json::array({layout_path});
    if (route.strip_path) data["strip_path"] = true;
    if (!route.origin.empty()) data["origin"] = route.origin;
    if (!route.secret.empty()) {
        data["secret"] = route.secret;
        data["auth"] = {{"login", route.login}};
    }
    return data;
}

long long unix_seconds(Time time) {
    return std::chrono::ceil<Seconds>(time.time_since_epoch()).count();
}

Result<std::optional<Time>> time_in(nlohmann::json const& object, char const* key) {
    auto const found = object.find(key);
    if (found == object.end() || !found->is_string()) return std::nullopt;
    TRY(auto const time, parse_time(found->get<std::string>()));
    return time;
}

}  // namespace

RestProxyClient::RestProxyClient(http::Client& client, BlockingPool& pool, std::string api_url,
                                 std::string token)
    : client_(client), pool_(pool), api_url_(std::move(api_url)), token_(std::move(token)) {}

Task<http::ClientResponse> RestProxyClient::call(std::string method, std::string path,
                                                 std::string body) {
    http::ClientRequest const request{.method = std::move(method),
                                      .url = api_url_ + path,
                                      .headers = {{"Authorization", "token " + token_}},
                                      .body = std::move(body),
                                      .largest_body = 256UL * 1024UL * 1024UL};
    co_return co_await pool_.run([&] { return client_.fetch(request, Deadline::after(patience)); });
}

Task<http::ClientResponse> RestProxyClient::expect(std::string method, std::string path,
                                                   std::string body, std::set<unsigned> statuses) {
    auto const what = method + " " + path;
    CO_TRY(auto response, co_await call(std::move(method), std::move(path), std::move(body)));
    if (!statuses.contains(response.status))
        co_return fail(Code::Unavailable, "{} at the proxy: it answered {}", what, response.status);
    co_return response;
}

Task<> RestProxyClient::add_route(ServerRoute route) {
    CO_TRY_VOID(co_await expect("POST", place_of(route.path), data_of(route).dump(), {201}));
    co_return Result<>();
}

Task<> RestProxyClient::add_routes(std::vector<ServerRoute> routes) {
    if (routes.empty()) co_return Result<>();
    std::string lines;
    for (auto const& route : routes)
        lines += nlohmann::json{{"put", route.path}, {"data", data_of(route)}}.dump() + "\n";
    CO_TRY_VOID(co_await expect("POST", "/api/routes?bulk", std::move(lines), {200, 201}));
    co_return Result<>();
}

Task<> RestProxyClient::delete_route(std::string path) {
    CO_TRY_VOID(co_await expect("DELETE", place_of(path), {}, {204, 404}));
    co_return Result<>();
}

Task<std::set<std::string>> RestProxyClient::routes() {
    CO_TRY(auto response, co_await expect("GET", "/api/routes", {}, {200}));
    auto const json = nlohmann::json::parse(response.body, nullptr, false);
    if (!json.is_object()) co_return fail(Code::Internal, "list routes: the proxy sent no object");
    std::set<std::string> paths;
    for (auto const& [path, route] : json.items())
        if (route.contains("carrel") && path != mark_path) paths.insert(path);
    co_return paths;
}

Task<RouteActivity> RestProxyClient::activity(std::string path) {
    CO_TRY(auto response, co_await expect("GET", place_of(path), {}, {200, 404}));
    auto const json = nlohmann::json::parse(response.body, nullptr, false);
    RouteActivity activity;
    if (response.status == 404 || !json.is_object()) co_return activity;
    CO_TRY(activity.last, time_in(json, "last_activity"));
    CO_TRY(activity.last_change, time_in(json, "last_change"));
    co_return activity;
}

Task<> RestProxyClient::revoke_login(std::string login, std::optional<Time> issued_until,
                                     Time until) {
    nlohmann::json body{{"session", login}, {"until", unix_seconds(until)}};
    if (issued_until) body["issued_until"] = issued_until->time_since_epoch().count();
    CO_TRY_VOID(co_await expect("POST", "/api/revocations", body.dump(), {200, 201, 204}));
    co_return Result<>();
}

Task<> RestProxyClient::revoke_user(std::string path, std::string user, Time issued_until,
                                    Time until) {
    nlohmann::json const body{{"route", path},
                              {"user", user},
                              {"issued_until", issued_until.time_since_epoch().count()},
                              {"until", unix_seconds(until)}};
    CO_TRY_VOID(co_await expect("POST", "/api/revocations", body.dump(), {200, 201, 204}));
    co_return Result<>();
}

Task<bool> RestProxyClient::is_marked() {
    CO_TRY(auto response, co_await expect("GET", place_of(mark_path), {}, {200, 404}));
    co_return response.status == 200;
}

Task<> RestProxyClient::mark() {
    // A proxy that was killed knows its routes again, but perhaps not the last: without the mark
    // it is told them all.
    nlohmann::json const body{
        {"target", "http://127.0.0.1:9"}, {"carrel", true}, {"volatile", true}};
    CO_TRY_VOID(co_await expect("POST", place_of(mark_path), body.dump(), {201}));
    co_return Result<>();
}

}  // namespace carrel
