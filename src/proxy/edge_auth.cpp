#include "proxy/edge_auth.hpp"

#include "base/origin_text.hpp"
#include "proxy/message/cookies.hpp"

#include <algorithm>

namespace carrel::proxy {

namespace {

constexpr size_t most_verified = 16384;
constexpr size_t longest_token = 2048;
constexpr size_t most_candidates = 16;
constexpr int64_t look_interval = 1000;

int64_t milliseconds(Time time) { return time.time_since_epoch().count(); }

bool is_safe(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

/// "https://host:port" without its scheme; "" for "null" and anything malformed.
std::string_view authority_of(std::string_view origin) {
    auto const scheme_end = origin.find("://");
    return scheme_end == std::string_view::npos ? std::string_view()
                                                : origin.substr(scheme_end + 3);
}

/// What a browser says about a request that one of its pages made for another site. Only cookies
/// are sent by browsers on their own, so it matters only to requests authorized by one.
std::string_view cross_site_problem(RequestHead const& head) {
    if (is_safe(head.method) && !head.websocket) return {};
    for (auto const& field : head.fields) {
        if (field.known == Known::SecFetchSite && same_name(field.value, "cross-site"))
            return "the request comes from another site";
        if (field.known == Known::Origin && !same_name(authority_of(field.value), head.host))
            return "the request comes from another origin";
    }
    return {};
}

bool names_origin(std::string_view host, std::string_view origin) {
    auto const scheme = origin.substr(0, origin.find(':'));
    return same_name(without_usual_port(host, scheme),
                     without_usual_port(authority_of(origin), scheme));
}

/// Pages of other persons' origins are of the same site, so the browser sends its cookies with
/// their requests. They may lead to a page here and do nothing else (Fetch Metadata, section 2).
std::string_view neighbour_problem(RequestHead const& head) {
    bool foreign = false;
    bool leads_here = false;
    for (auto const& field : head.fields) {
        if (field.known == Known::SecFetchSite)
            foreign = same_name(field.value, "same-site") || same_name(field.value, "cross-site");
        if (field.known == Known::SecFetchMode) leads_here = same_name(field.value, "navigate");
    }
    if (!foreign || (leads_here && is_safe(head.method))) return {};
    return "the request comes from another origin";
}

bool accepts_html(RequestHead const& head) {
    return std::ranges::any_of(head.fields, [](Field const& field) {
        return field.known == Known::Accept &&
               field.value.find("text/html") != std::string_view::npos;
    });
}

/// Somebody waits for a page, who can be sent somewhere else.
bool is_page(RequestHead const& head) {
    return (head.method == "GET" || head.method == "HEAD") && !head.websocket && accepts_html(head);
}

std::string_view bearer_of(std::string_view authorization) {
    constexpr std::string_view scheme = "bearer ";
    if (authorization.size() <= scheme.size() ||
        !same_name(authorization.substr(0, scheme.size()), scheme))
        return {};
    return authorization.substr(scheme.size());
}

}  // namespace

bool Revocation::refuses(http::EdgeToken const& token) const {
    bool const issued_then = issued_until == 0 || milliseconds(token.issued) <= issued_until;
    if (!session.empty()) return token.session == session && issued_then;
    return token.route == route && token.user == user && issued_then;
}

void Revocations::add(Revocation const& revocation) {
    soonest_ = std::min(soonest_, revocation.until);
    if (!revocation.session.empty()) {
        auto const [entry, added] = sessions_.emplace(revocation.session, all_.size());
        if (!added) {
            auto& known = all_[entry->second];
            known.until = std::max(known.until, revocation.until);
            // 0 is for good, and stays so.
            known.issued_until = known.issued_until == 0 || revocation.issued_until == 0
                                     ? 0
                                     : std::max(known.issued_until, revocation.issued_until);
            return;
        }
    }
    all_.push_back(revocation);
}

bool Revocations::refuses(http::EdgeToken const& token) const {
    if (all_.empty()) return false;
    if (auto const found = sessions_.find(token.session);
        found != sessions_.end() && all_[found->second].refuses(token))
        return true;
    if (sessions_.size() == all_.size()) return false;
    return std::ranges::any_of(all_, [&](Revocation const& each) { return each.refuses(token); });
}

void Revocations::forget_before(int64_t now) {
    if (now <= soonest_ || now - looked_ < look_interval) return;
    looked_ = now;
    soonest_ = std::numeric_limits<int64_t>::max();
    std::erase_if(all_, [&](Revocation const& each) { return each.until < now; });
    sessions_.clear();
    for (size_t i = 0; i < all_.size(); ++i) {
        soonest_ = std::min(soonest_, all_[i].until);
        if (!all_[i].session.empty()) sessions_.emplace(all_[i].session, i);
    }
}

std::optional<EdgeAuth::Decision> EdgeAuth::check_origin(Route const& route,
                                                         RequestHead const& head) {
    if (route.origin.empty()) return {};
    if (!names_origin(head.host, route.origin)) {
        if (is_page(head)) return Decision{.verdict = Verdict::Elsewhere};
        return Decision{.reason = "this server has an address of its own"};
    }
    if (auto const problem = neighbour_problem(head); !problem.empty())
        return Decision{.reason = problem};
    return {};
}

EdgeAuth::Decision EdgeAuth::decide(Route const& route, RequestHead const& head, int64_t now) {
    Decision decision;
    if (auto const authorization = head.fields.find(Known::Authorization))
        if (decision.token = find_valid(bearer_of(*authorization), route, now); decision.token) {
            decision.by_bearer = true;
            decision.verdict = Verdict::Pass;
            return decision;
        }
    size_t candidates = 0;
    for (auto const& field : head.fields) {
        if (field.known != Known::Cookie) continue;
        // Cookies of one name may exist for several paths, and anyone on the site can plant more:
        // the first that is valid counts.
        for_each_cookie(field.value, [&](std::string_view name, std::string_view value, auto) {
            bool const meant = route.origin.empty() ? name == http::edge_cookie
                                                    : name.starts_with(http::host_edge_cookie);
            if (!meant || ++candidates > most_candidates) return false;
            decision.token = find_valid(value, route, now);
            return decision.token != nullptr;
        });
        if (decision.token) break;
    }
    if (decision.token) {
        decision.reason = cross_site_problem(head);
        decision.verdict = decision.reason.empty() ? Verdict::Pass : Verdict::Forbid;
        return decision;
    }
    decision.reason = "this server needs you to be logged in and allowed to use it";
    if (is_page(head) && !route.login->empty()) decision.verdict = Verdict::Login;
    return decision;
}

EdgeTokenPointer EdgeAuth::find_valid(std::string_view text, Route const& route, int64_t now) {
    auto token = verify(text, now);
    if (!token || token->route != route.path || milliseconds(token->expires) <= now ||
        revocations_.refuses(*token))
        return nullptr;
    return token;
}

EdgeTokenPointer EdgeAuth::verify(std::string_view text, int64_t now) {
    if (key_.empty() || text.empty() || text.size() > longest_token) return nullptr;
    if (auto const found = verified_.find(text); found != verified_.end()) return found->second;
    auto token = http::verify_edge_token(text, key_, Time(Milliseconds(now)));
    if (!token) return nullptr;
    if (verified_.size() >= most_verified) verified_.clear();
    auto shared = std::make_shared<http::EdgeToken const>(*std::move(token));
    verified_.emplace(text, shared);
    return shared;
}

}  // namespace carrel::proxy
