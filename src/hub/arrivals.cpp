#include "hub/arrivals.hpp"

#include "auth/secret.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "hub/entry.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace carrel {

namespace {

constexpr Seconds code_lasts{30};
/// A code is a right for no route that there is, so that it opens nothing by itself.
constexpr std::string_view code_prefix = "arrive ";
constexpr std::string_view arrive = "/c/{slug}/hub/arrive";

/// One for each route, since one origin may have several.
std::string cookie_name(std::string_view route) {
    return fmt::format("{}_{}", http::host_edge_cookie, hash_secret(route).substr(0, 16));
}

/// The path of an address, which the browser may write in other ways than we do, and a route's.
bool is_below(std::string_view address, std::string_view route) {
    auto const path = percent_decode(address.substr(0, address.find_first_of("?#")));
    return path && path->starts_with(route) &&
           (path->size() == route.size() || (*path)[route.size()] == '/');
}

}  // namespace

Arrivals::Arrivals(Origins const& origins, HubPaths const& paths, Clock const& clock,
                   std::string edge_key)
    : origins_(origins), paths_(paths), clock_(clock), edge_key_(std::move(edge_key)) {}

void Arrivals::add_routes(http::Router& router) {
    router.add("GET", arrive, [this](http::Request& request) -> Task<http::Response> {
        co_return this->arrive_at(request);
    });
}

http::Response Arrivals::send(http::EdgeToken const& right, ServerOwner const& server,
                              std::string_view next) const {
    auto code = right;
    code.route = std::string(code_prefix) + right.route;
    return http::Response::redirect(
        fmt::format("{}{}arrive?code={}&next={}", origins_.of(server.user.name),
                    paths_.hub(server.course.request.slug),
                    percent_encode(http::sign_edge_token(code, edge_key_)), percent_encode(next)));
}

http::Response Arrivals::arrive_at(http::Request const& request) {
    auto const& slug = request.parameter("slug");
    auto const next = request.query("next").value_or("");
    auto const code = request.query("code").value_or("");
    auto const now = clock_.now();
    // Whatever is wrong with the code, the way in begins anew.
    auto answer = http::Response::redirect(fmt::format("{}{}enter?next={}", origins_.portal(),
                                                       paths_.hub(slug), percent_encode(next)));
    answer.headers.set("Referrer-Policy", "no-referrer");
    answer.headers.set("Cache-Control", "no-store");
    auto right = http::verify_edge_token(code, edge_key_, now);
    if (!right || !right->route.starts_with(code_prefix) || right->issued + code_lasts < now)
        return answer;
    right->route.erase(0, code_prefix.size());
    auto const place = server_place_in(next, paths_.base(slug));
    if (!place || !origins_.is_of(request.headers.get("Host"), place->owner) ||
        !is_below(next, right->route) || !use(code, right->issued + code_lasts))
        return answer;
    answer.headers.set("Location", next);
    http::set_cookie(answer, {.name = cookie_name(right->route),
                              .value = http::sign_edge_token(*right, edge_key_),
                              .lasts = std::chrono::ceil<Seconds>(right->expires - now),
                              .secure = true});
    return answer;
}

bool Arrivals::use(std::string const& code, Time until) {
    std::erase_if(used_, [now = clock_.now()](auto const& each) { return each.second < now; });
    return used_.emplace(code, until).second;
}

std::optional<http::Response> redirect_to_own_origin(Origins const& origins,
                                                     http::Request const& request) {
    if (!origins.per_person()) return {};
    auto const host = request.headers.get("Host");
    if (origins.is_portal(host)) return {};
    auto const segments = split(request.path, '/');
    bool const in_course = segments.size() > 3 && segments[0].empty() && segments[1] == "c";
    bool const arrives = in_course && segments.size() == 5 && segments[3] == "hub" &&
                         segments[4] == "arrive" && request.method == "GET";
    // Health checks and programs may come by address; nobody's server is there.
    bool const persons = origins.is_persons(host);
    if (persons && arrives) return {};
    if (request.wants_page()) {
        auto answer = http::Response::redirect(origins.portal() + request.target);
        answer.headers.set("Cache-Control", "no-store");
        return answer;
    }
    if (!persons) return {};
    // JupyterHub's answer for a stopped server, which JupyterLab knows.
    if (in_course && segments[3] == "user")
        return http::Response::json({{"status", 424}, {"message", "the server is not running"}},
                                    424);
    return http::Response::json({{"status", 404}, {"message", "there is nothing at this address"}},
                                404);
}

}  // namespace carrel
