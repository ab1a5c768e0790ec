#include "auth/provider/provider_login.hpp"

#include "auth/provider/accounts.hpp"
#include "auth/provider/login_failure.hpp"
#include "auth/provider/provider_http.hpp"
#include "auth/provider/provider_url.hpp"
#include "auth/provider/refused_arrival.hpp"
#include "auth/provider/session_refresher.hpp"
#include "auth/secret.hpp"
#include "base/text.hpp"
#include "runtime/log.hpp"

namespace carrel {

namespace {

/// How long somebody may take at the provider.
constexpr Seconds pending_lasts{600};
constexpr Seconds ticket_lasts{300};
constexpr size_t threads_each = 4;
constexpr int most_waiting = 64;
constexpr std::string_view login_page = "/login";

/// Nobody has a name yet: only the address counts.
LoginTry beginning_at(std::string const& address) {
    return {.name = {}, .address = address, .knows_address = true};
}
constexpr std::string_view join_page = "/profile";
constexpr std::string_view invitation_page = "/join/";

std::string own_path(std::optional<std::string> const& wanted) {
    return wanted && is_own_path(*wanted) ? *wanted : "/";
}

http::Response redirect(std::string const& place) {
    auto response = http::Response::redirect(place);
    // The address has the code.
    response.headers.set("Referrer-Policy", "no-referrer");
    return response;
}

/// What a provider says instead of giving a code (RFC 6749 section 4.1.2.1).
std::unexpected<Error> refused_by_provider(std::string const& error) {
    for (auto const* const no : {"access_denied", "login_required", "consent_required",
                                 "interaction_required", "account_selection_required"})
        if (error == no)
            return login_failure("refused", Code::PermissionDenied, "the provider says {}", error);
    bool const later = error == "temporarily_unavailable" || error == "server_error";
    return login_failure(later ? "unavailable" : "misconfigured", Code::Unavailable,
                         "the provider says '{}'", for_log(error, 60));
}

bool is_invited(Transaction& transaction, std::string_view next) {
    if (!next.starts_with(invitation_page)) return false;
    auto const code = next.substr(invitation_page.size());
    return transaction.courses()
        .find_by_invitation(code.substr(0, code.find_first_of("?#/")))
        .has_value();
}

}  // namespace

struct ProviderLogin::Entry {
    explicit Entry(std::unique_ptr<LoginProvider> its) : provider(std::move(its)) {}
    std::unique_ptr<LoginProvider> provider;
    BlockingPool pool{threads_each};
    std::atomic<int> waiting = 0;
};

ProviderLogin::ProviderLogin(Store& store, Gate& gate, LoginSteps& steps, Clock const& clock,
                             Random& random, ProviderLoginOptions options,
                             std::vector<std::unique_ptr<LoginProvider>> providers)
    : store_(store),
      gate_(gate),
      steps_(steps),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      limit_(clock, options_.limit) {
    for (auto& provider : providers) {
        auto const name = provider->settings().name;
        entries_.emplace(name, std::make_unique<Entry>(std::move(provider)));
    }
}

ProviderLogin::~ProviderLogin() {
    for (auto const& [name, entry] : entries_) entry->pool.join();
}

std::vector<ProviderSettings const*> ProviderLogin::offered() const {
    std::vector<ProviderSettings const*> all;
    for (auto const& [name, entry] : entries_) all.push_back(&entry->provider->settings());
    return all;
}

std::vector<LoginProvider*> ProviderLogin::asked_again() const {
    std::vector<LoginProvider*> all;
    for (auto const& [name, entry] : entries_)
        if (entry->provider->settings().refresh_every.count() > 0)
            all.push_back(entry->provider.get());
    return all;
}

Task<http::Response> ProviderLogin::begin(http::Request const& request, std::string login) {
    auto const found = entries_.find(login);
    if (found == entries_.end()) co_return fail(Code::NotFound, "there is no such log-in");
    co_return co_await on_its_threads(*found->second,
                                      [&] { return start(*found->second->provider, request); });
}

Task<http::Response> ProviderLogin::end(http::Request const& request, std::string login) {
    auto const found = entries_.find(login);
    if (found == entries_.end()) co_return fail(Code::NotFound, "there is no such log-in");
    co_return co_await on_its_threads(*found->second,
                                      [&] { return finish(*found->second->provider, request); });
}

Task<http::Response> ProviderLogin::on_its_threads(Entry& entry,
                                                   std::function<http::Response()> work) {
    if (++entry.waiting > most_waiting) {
        --entry.waiting;
        auto const& name = entry.provider->settings().name;
        log::warn("provider_login_busy", {{"login", name}});
        co_return redirect(with_query(login_page, {{"problem", "busy"}, {"with", name}}));
    }
    auto answer = co_await entry.pool.run([&]() -> Result<http::Response> { return work(); });
    --entry.waiting;
    co_return answer;
}

std::string ProviderLogin::cookie_name(std::string_view state_hash) const {
    return fmt::format("{}carrel_login_{}", options_.bound_to_host ? "__Host-" : "",
                       state_hash.substr(0, 16));
}

void ProviderLogin::set_cookie(http::Response& response, http::Request const& request,
                               PendingLogin const& pending, std::string value,
                               Seconds lasts) const {
    http::set_cookie(response, {.name = cookie_name(pending.hash),
                                .value = std::move(value),
                                .path = options_.bound_to_host ? "/" : "/login/",
                                .lasts = lasts,
                                .secure = options_.bound_to_host || request.is_secure()});
}

std::string ProviderLogin::root_of(http::Request const& request) const {
    return origin_of(request, options_.public_url);
}

http::Response ProviderLogin::failed(LoginProvider const& provider, http::Request const& request,
                                     Way const& way, Error const& error) const {
    auto const problem = login_problem_of(error);
    auto const& name = provider.settings().name;
    log::warn("provider_login_failed", {{"login", name},
                                        {"problem", problem},
                                        {"cause", error.message},
                                        {"address", request.client_address()},
                                        {"request", request.id}});
    FormFields fields{{"problem", std::string(problem)}, {"with", name}};
    if (way.page == login_page && way.next != "/") fields.emplace_back("next", way.next);
    return redirect(with_query(way.page, fields));
}

http::Response ProviderLogin::start(LoginProvider& provider, http::Request const& request) {
    PendingLogin pending;
    pending.next = own_path(request.query("next"));
    auto const away = [&]() -> Answer {
        auto const address = request.client_address();
        if (limit_.take(beginning_at(address)))
            return login_failure("busy", Code::LimitReached, "too many log-ins begin at {}",
                                 address);
        if (auto const ticket = request.query("join")) {
            TRY(pending.user, who_joins(provider, request, *ticket));
            pending.next = join_page;
        }
        return send_away(provider, request, pending);
    }();
    if (away) return *away;
    auto const page = request.query("join") ? join_page : login_page;
    return failed(provider, request, {page, pending.next}, away.error());
}

/// Whoever has asked for it by `join_path`, in the session of this very request.
Result<UserId> ProviderLogin::who_joins(LoginProvider const& provider, http::Request const& request,
                                        std::string_view ticket) {
    auto const wish = store_.write([&](Transaction& transaction) {
        return transaction.pending_logins().take(hash_secret(ticket));
    });
    if (!wish && wish.error().code != Code::NotFound) return std::unexpected(wish.error());
    auto const who = gate_.identify(request, Presence::Watches);
    bool const theirs = wish && who && who->by_cookie && wish->user == who->user.id &&
                        wish->browser == who->login.value();
    if (!theirs || wish->login != provider.settings().name || wish->expires_at <= clock_.now())
        return login_failure("not_logged_in", Code::Unauthenticated,
                             "the wish to join is another session's, or too old");
    return who->user.id;
}

ProviderLogin::Answer ProviderLogin::send_away(LoginProvider& provider,
                                               http::Request const& request, PendingLogin pending) {
    auto const state = random_.secret();
    auto const browser = random_.secret();
    pending.hash = hash_secret(state);
    pending.browser = hash_secret(browser);
    pending.login = provider.settings().name;
    pending.nonce = random_.secret();
    pending.verifier = random_.secret();
    pending.redirect_uri = fmt::format("{}/login/{}/callback", root_of(request), pending.login);
    auto const now = clock_.now();
    pending.expires_at = now + pending_lasts;
    TRY(auto const url, provider.authorization_url({.state = state,
                                                    .nonce = pending.nonce,
                                                    .verifier = pending.verifier,
                                                    .redirect_uri = pending.redirect_uri}));
    TRY_VOID(store_.write([&](Transaction& transaction) -> Result<> {
        TRY_VOID(transaction.pending_logins().remove_expired(now));
        return transaction.pending_logins().insert(pending);
    }));
    auto response = redirect(url);
    set_cookie(response, request, pending, browser, pending_lasts);
    return response;
}

Result<PendingLogin> ProviderLogin::take(LoginProvider const& provider,
                                         http::Request const& request) const {
    auto const stale =
        login_failure("stale", Code::Unauthenticated, "nobody is expected back with this state");
    auto const state = request.query("state");
    if (!state || state->empty()) return stale;
    auto const hash = hash_secret(*state);
    auto pending = store_.write(
        [&](Transaction& transaction) { return transaction.pending_logins().take(hash); });
    if (!pending && pending.error().code == Code::NotFound) return stale;
    if (!pending) return pending;
    auto const cookie = request.cookie(cookie_name(hash));
    if (pending->login != provider.settings().name || pending->expires_at <= clock_.now() ||
        !cookie || !equals_in_constant_time(hash_secret(*cookie), pending->browser))
        return stale;
    return pending;
}

http::Response ProviderLogin::finish(LoginProvider& provider, http::Request const& request) {
    auto const pending = take(provider, request);
    if (!pending) return failed(provider, request, {}, pending.error());
    auto answer = take_in(provider, request, *pending);
    auto response =
        answer ? *std::move(answer)
               : failed(provider, request, {pending->user ? join_page : login_page, pending->next},
                        answer.error());
    set_cookie(response, request, *pending, "", Seconds(0));
    return response;
}

ProviderLogin::Answer ProviderLogin::take_in(LoginProvider& provider, http::Request const& request,
                                             PendingLogin const& pending) {
    if (auto const error = request.query("error")) return refused_by_provider(*error);
    auto const code = request.query("code");
    if (!code || code->empty())
        return login_failure("untrusted", Code::Unauthenticated, "the answer has no code");
    if (pending.user) {
        auto const who = gate_.identify(request, Presence::Watches);
        if (!who || !who->by_cookie || who->user.id != *pending.user)
            return login_failure("not_logged_in", Code::Unauthenticated,
                                 "whoever wanted to join is not logged in any more");
    }
    TRY(auto const person, provider.identify({.code = *code, .issuer = request.query("iss")},
                                             {.state = "",
                                              .nonce = pending.nonce,
                                              .verifier = pending.verifier,
                                              .redirect_uri = pending.redirect_uri}));
    return let_in(provider, request, pending, person);
}

ProviderLogin::Answer ProviderLogin::let_in(LoginProvider const& provider,
                                            http::Request const& request,
                                            PendingLogin const& pending,
                                            ProviderPerson const& person) {
    auto const& settings = provider.settings();
    UserId const fresh(random_.uuid());
    auto const admitted = store_.write([&](Transaction& transaction) {
        return admit_from_provider(transaction, {.settings = settings,
                                                 .person = person,
                                                 .joining = pending.user,
                                                 .invited = is_invited(transaction, pending.next),
                                                 .fresh = fresh,
                                                 .now = clock_.now(),
                                                 .access = options_.access});
    });
    if (!admitted) {
        note_refused_arrival(store_, options_.access, settings, person, admitted.error(),
                             clock_.now());
        return std::unexpected(admitted.error());
    }
    auto const& user = *admitted;
    auto const address = request.client_address();
    limit_.succeeded(beginning_at(address));
    if (pending.user) return redirect(with_query(pending.next, {{"joined", settings.name}}));
    auto response = redirect(pending.next);
    TRY(auto const outcome,
        steps_.begin(user, FirstStep::Provider, request, response, kept_of(settings, person)));
    if (std::holds_alternative<SecondStep>(outcome)) {
        response.headers.set("Location",
                             with_query(login_page, {{"step", "factor"}, {"next", pending.next}}));
        return response;
    }
    auto const& who = std::get<Identity>(outcome);
    log::info("provider_login", {{"login", settings.name}, {"user", who.user.name}});
    return response;
}

/// What the session has to remember; nothing, where the provider is not needed any more.
std::optional<ProviderSession> ProviderLogin::kept_of(ProviderSettings const& settings,
                                                      ProviderPerson const& person) const {
    bool const ends_there = settings.log_out_at_provider && !person.log_out_at.empty();
    ProviderSession session{.session = {},
                            .login = settings.name,
                            .log_out_at = ends_there ? person.log_out_at : "",
                            .id_token = ends_there ? person.id_token : "",
                            .subject = person.subject,
                            // Logging in is a use of the session.
                            .refreshed_at = clock_.now() - Milliseconds(1)};
    bool const refreshes = settings.refresh_every.count() > 0;
    if (refreshes && person.refresh_token.empty())
        log::warn("login_provider_gives_no_refresh_token",
                  {{"login", settings.name},
                   {"notice", "it cannot be asked again about who is logged in; see scopes"}});
    if (refreshes && !person.refresh_token.empty() && options_.sealer != nullptr)
        session.refresh_token = options_.sealer->seal(
            person.refresh_token, refresh_token_owner(settings.name, person.subject));
    if (!ends_there && session.refresh_token.empty()) return {};
    return session;
}

Result<std::string> ProviderLogin::join_path(std::string_view login, Identity const& who) {
    if (!entries_.contains(login)) return fail(Code::NotFound, "there is no such log-in");
    auto const ticket = random_.secret();
    auto const now = clock_.now();
    PendingLogin const wish{.hash = hash_secret(ticket),
                            .login = std::string(login),
                            .browser = who.login.value(),
                            .nonce = {},
                            .verifier = {},
                            .redirect_uri = {},
                            .next = {},
                            .user = who.user.id,
                            .expires_at = now + ticket_lasts};
    TRY_VOID(store_.write([&](Transaction& transaction) -> Result<> {
        TRY_VOID(transaction.pending_logins().remove_expired(now));
        return transaction.pending_logins().insert(wish);
    }));
    return with_query(fmt::format("/login/{}", login), {{"join", ticket}});
}

std::optional<std::string> ProviderLogin::log_out_url(Identity const& who,
                                                      http::Request const& request) const {
    auto const kept = store_.read(
        [&](Transaction& transaction) { return transaction.provider_sessions().find(who.login); });
    if (!kept || kept->log_out_at.empty()) return {};
    auto const found = entries_.find(kept->login);
    if (found == entries_.end()) return {};
    auto const& settings = found->second->provider->settings();
    if (!settings.log_out_at_provider) return {};
    return with_query(kept->log_out_at, {{"client_id", settings.client_id},
                                         {"post_logout_redirect_uri", root_of(request) + "/login"},
                                         {"id_token_hint", kept->id_token}});
}

}  // namespace carrel
