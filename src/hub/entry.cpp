#include "hub/entry.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "http/edge_token.hpp"
#include "http/problem.hpp"
#include "hub/hub_access.hpp"
#include "hub/pages/html_page.hpp"
#include "hub/pages/page_visit.hpp"
#include "hub/revocations.hpp"

#include <algorithm>

namespace carrel {

namespace {

/// Why somebody may not go on: a page for people, the same for all of them, or problem+json.
http::Response refusal(Error const& error, http::Request const& request) {
    if (!request.wants_page()) return http::problem(error, request);
    return jupyterhub::status_page(http::status_of(error.code), jupyterhub::language_of(request));
}

/// The page that starts a server, shows how far it is, and then goes on to where somebody wanted
/// to.
http::Response to_start(ServerOwner const& server, std::string_view next) {
    auto address = fmt::format("/courses/{}?start={}", server.course.request.slug,
                               percent_encode(server.user.name));
    if (!server.name.empty()) address += "&server=" + percent_encode(server.name);
    return http::Response::redirect(address + "&next=" + percent_encode(next));
}

bool is_clean(std::string_view segment) {
    return !segment.empty() && segment != "." && segment != ".." &&
           segment.find_first_of("/\\") == std::string_view::npos;
}

/// The server's path as the browser writes it, which may escape other characters than we do: it
/// compares a cookie's path with that byte by byte.
std::string cookie_path(ServerOwner const& server, HubPaths const& paths, std::string_view next) {
    auto const segments = split(next.substr(0, next.find_first_of("?#")), '/');
    auto const own = server.path(paths);
    std::string path;
    for (auto i = 1; i < std::ranges::count(own, '/'); ++i)
        path += "/" + std::string(segments.at(static_cast<size_t>(i)));
    bool const plain = std::ranges::all_of(
        path, [](char c) { return c > ' ' && c < '\x7f' && c != ';' && c != ',' && c != '"'; });
    return plain ? path + "/" : own;
}

/// "gpu" where they have a server of that name, else "": the default one.
Result<std::string> server_name_at(Transaction& transaction, CourseId const& course,
                                   UserId const& owner, std::string const& first) {
    if (first.empty()) return first;
    auto const row = transaction.servers().find(course, owner, first);
    if (row) return first;
    if (row.error().code == Code::NotFound) return std::string();
    return std::unexpected(row.error());
}

std::unexpected<Error> denied() {
    return fail(Code::PermissionDenied, "you have no access to this server");
}

}  // namespace

std::optional<ServerPlace> server_place_in(std::string_view target, std::string_view base) {
    auto const path = target.substr(0, target.find_first_of("?#"));
    if (!path.starts_with(base)) return {};
    auto const segments = split(path.substr(base.size()), '/');
    // "user", name, …
    if (segments.size() < 2 || segments[0] != "user") return {};
    for (size_t i = 1; i < segments.size(); ++i) {
        bool const last = i + 1 == segments.size();
        if (last && i > 1 && segments[i].empty()) continue;  // one slash at the end
        auto const decoded = percent_decode(segments[i]);
        if (!decoded || !is_clean(*decoded)) return {};
    }
    return ServerPlace{
        .owner = percent_decode(segments[1]).value(),
        .first = segments.size() > 2 ? percent_decode(segments[2]).value() : std::string()};
}

Entry::Entry(HubDependencies const& dependencies, jupyterhub::CallerGate& callers,
             ServerLifecycle& servers, std::string edge_key)
    : use_(dependencies),
      callers_(callers),
      servers_(servers),
      edge_key_(std::move(edge_key)),
      arrivals_(use_.origins, use_.paths, use_.clock, edge_key_) {}

void Entry::add_routes(http::Router& router) {
    arrivals_.add_routes(router);
    auto const bind = [this](Answer (Entry::*handler)(http::Request&)) {
        return [this, handler](http::Request& request) { return (this->*handler)(request); };
    };
    router.add("GET", "/c/{slug}", bind(&Entry::hub_root));
    router.add("GET", "/c/{slug}/", bind(&Entry::hub_root));
    router.add("GET", "/c/{slug}/hub/enter", bind(&Entry::enter));
}

Entry::Answer Entry::hub_root(http::Request& request) {
    co_return http::Response::redirect("/courses/" + percent_encode(request.parameter("slug")));
}

/// Everybody who may not enter hears the same, whether or not there is such a person or server: so
/// nobody can probe for names. Only who may enter every server is told what is not there.
Result<Entry::Admitted> Entry::find_admitted(http::Request const& request,
                                             ServerPlace const& place) const {
    TRY(auto caller, callers_.identify(request, jupyterhub::Surface::Page));
    // A hub's token goes to the server itself; what it opened here would not end with it.
    if (caller.token || caller.service) return denied();
    return use_.store.read([&](Transaction& transaction) -> Result<Admitted> {
        auto owner = transaction.users().find_by_name(place.owner);
        if (!owner && owner.error().code != Code::NotFound) return std::unexpected(owner.error());
        std::string name;
        bool entitled = false;
        if (owner) {
            TRY(entitled, may_have_server(transaction, caller.course, owner->id));
            TRY(name, server_name_at(transaction, caller.course.id, owner->id, place.first));
        }
        if (!caller.may("access:servers", {.user = place.owner, .server = name})) return denied();
        if (entitled) {
            ServerOwner server{.course = caller.course, .user = *std::move(owner), .name = name};
            return Admitted{.caller = std::move(caller), .server = std::move(server)};
        }
        if (!caller.scopes.allows_everything("access:servers") || place.owner == caller.user.name)
            return denied();
        return fail(Code::NotFound, "'{}' has no server in this course", place.owner.substr(0, 63));
    });
}

Task<std::variant<Entry::Admitted, http::Response>> Entry::admit(http::Request const& request,
                                                                 ServerPlace place) {
    using Outcome = std::variant<Admitted, http::Response>;
    auto admitted = co_await use_.pool.run([&] { return find_admitted(request, place); });
    if (admitted) co_return Outcome(*std::move(admitted));
    if (admitted.error().code == Code::Unauthenticated && request.wants_page())
        co_return Outcome(
            jupyterhub::to_login(use_.paths.base(request.parameter("slug")), request));
    if (admitted.error().field == second_factor_field && request.wants_page())
        co_return Outcome(http::Response::redirect(jupyterhub::factor_setup_page));
    if (admitted.error().code == Code::Internal || admitted.error().code == Code::Unavailable)
        co_return std::unexpected(admitted.error());
    co_return Outcome(refusal(admitted.error(), request));
}

/// No entry into somebody else's server without its line in the audit log.
Task<> Entry::write_down(Admitted const& admitted, Time now) {
    auto const& [caller, server] = admitted;
    if (caller.user.id == server.user.id) co_return Result<>();
    Event entered{
        .at = now,
        .kind = "server_entered",
        .course = server.course.id,
        .actor = caller.user.name,
        .subject = server.user.name,
        .message = fmt::format("{} entered the server of {}", caller.user.name, server.user.name)};
    note_server(entered, server.name);
    CO_TRY_VOID(co_await use_.pool.run([&] {
        return use_.store.write(
            [&](Transaction& transaction) { return transaction.events().append(entered); });
    }));
    co_return Result<>();
}

Entry::Answer Entry::enter(http::Request& request) {
    auto const asked = request.query("next").value_or("");
    // A link may know the hub at "/" below its slug still.
    auto const next = use_.paths.at_root(asked).value_or(asked);
    auto const place = server_place_in(next, use_.paths.base(request.parameter("slug")));
    if (!place) co_return fail_field("next", "the address to go on to is not one of a server here");
    // Before the right is asked for: one that is taken away meanwhile is revoked later than this.
    auto const now = use_.clock.now();
    CO_TRY(auto admitted, co_await admit(request, *place));
    if (auto* const answer = std::get_if<http::Response>(&admitted)) co_return std::move(*answer);
    auto const& [caller, owner] = std::get<Admitted>(admitted);

    auto const server = servers_.find(owner.key());
    if (!server || server->record.state != ServerState::Running) co_return to_start(owner, next);
    // It lets visitors in by itself, and writes their entry down when it asks for them.
    if (server->record.secret.empty())
        co_return http::Response::redirect(use_.origins.of(owner.user.name) + next);
    CO_TRY_VOID(co_await write_down(std::get<Admitted>(admitted), now));
    // The right to enter ends with the login at the latest.
    auto const expires =
        std::min<Time>(now + edge_token_lasts, caller.ends_at.value_or(Time::max()));
    http::EdgeToken const token{.route = owner.route(use_.paths),
                                .user = caller.user.name,
                                .session = caller.login.value(),
                                .issued = now,
                                .expires = expires};
    if (use_.origins.per_person()) co_return arrivals_.send(token, owner, next);
    auto answer = http::Response::redirect(next);
    http::set_cookie(answer, {.name = std::string(http::edge_cookie),
                              .value = http::sign_edge_token(token, edge_key_),
                              .path = cookie_path(owner, use_.paths, next),
                              .lasts = std::chrono::ceil<Seconds>(expires - now),
                              .secure = request.is_secure()});
    co_return answer;
}

}  // namespace carrel
