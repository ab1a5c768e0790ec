#include "auth/login_steps.hpp"

#include "auth/secret.hpp"
#include "runtime/log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel {

namespace {

using nlohmann::json;

std::unexpected<Error> begin_anew() {
    return std::unexpected(Error{Code::Unauthenticated,
                                 "this log-in has ended; give the password once more", "login"});
}

SecondStep step_of(std::vector<SecondFactor> const& factors, Time expires_at) {
    SecondStep step{.kinds = {}, .expires_at = expires_at};
    for (auto const& factor : factors)
        if (std::ranges::find(step.kinds, factor.kind) == step.kinds.end())
            step.kinds.push_back(factor.kind);
    return step;
}

/// As it waits for the second step.
std::string to_text(ProviderSession const& session) {
    return json{{"login", session.login},
                {"log_out_at", session.log_out_at},
                {"id_token", session.id_token},
                {"subject", session.subject},
                {"refresh_token", session.refresh_token},
                {"refreshed_at", session.refreshed_at.time_since_epoch().count()}}
        .dump();
}

ProviderSession from_text(std::string_view text) {
    auto const kept = json::parse(text);
    return {.session = {},
            .login = kept.at("login"),
            .log_out_at = kept.at("log_out_at"),
            .id_token = kept.at("id_token"),
            .subject = kept.at("subject"),
            .refresh_token = kept.at("refresh_token"),
            .refreshed_at = Time(Milliseconds(kept.at("refreshed_at").get<long long>()))};
}

}  // namespace

LoginSteps::LoginSteps(Store& store, Gate& gate, FactorDesk& factors, Clock const& clock,
                       Random& random, LoginStepsPolicy policy)
    : store_(store),
      gate_(gate),
      factors_(factors),
      clock_(clock),
      random_(random),
      policy_(std::move(policy)) {}

Result<LoginOutcome> LoginSteps::begin(User const& user, FirstStep first,
                                       http::Request const& request, http::Response& response,
                                       std::optional<ProviderSession> const& provider) {
    // Before a second factor is asked for, and once more when the session begins.
    TRY_VOID(gate_.admit(user.id));
    bool const enough = first == FirstStep::Provider && !policy_.ask_after_provider;
    if (!enough) {
        TRY(auto const factors, factors_.of_user(user.id));
        if (!factors.empty()) return wait(user, factors, request, response, provider);
    }
    TRY(auto identity, gate_.begin_session(user, request, response, first));
    if (provider) keep(*provider, identity.login);
    return identity;
}

void LoginSteps::keep(ProviderSession session, SessionId const& login) {
    session.session = login;
    auto const kept = store_.write(
        [&](Transaction& transaction) { return transaction.provider_sessions().insert(session); });
    if (!kept) log::warn("provider_session_not_kept", {{"cause", kept.error().message}});
}

Result<LoginOutcome> LoginSteps::wait(User const& user, std::vector<SecondFactor> const& factors,
                                      http::Request const& request, http::Response& response,
                                      std::optional<ProviderSession> const& provider) {
    auto const now = clock_.now();
    auto const secret = random_.secret();
    HalfLogin const login{.hash = hash_secret(secret),
                          .user = user.id,
                          .wrong = 0,
                          .created_at = now,
                          .expires_at = now + half_login_lasts,
                          .provider_session = provider ? to_text(*provider) : ""};
    auto const earlier = request.cookie(cookie_name());
    TRY_VOID(store_.write([&](Transaction& transaction) -> Result<> {
        if (earlier) TRY_VOID(transaction.half_logins().remove(hash_secret(*earlier)));
        return transaction.half_logins().insert(login);
    }));
    http::set_cookie(response, {.name = std::string(cookie_name()),
                                .value = secret,
                                .lasts = half_login_lasts,
                                .secure = policy_.bound_to_host || request.is_secure()});
    return step_of(factors, login.expires_at);
}

Result<LoginSteps::Half> LoginSteps::half(http::Request const& request) {
    auto const secret = request.cookie(cookie_name());
    if (!secret) return begin_anew();
    auto const now = clock_.now();
    return store_.read([&](Transaction& transaction) -> Result<Half> {
        auto login = transaction.half_logins().find(hash_secret(*secret));
        if (!login && login.error().code == Code::NotFound) return begin_anew();
        if (!login) return std::unexpected(std::move(login).error());
        if (login->expires_at <= now || login->wrong >= most_wrong_steps) return begin_anew();
        TRY(auto user, transaction.users().find(login->user));
        TRY(auto factors, transaction.second_factors().of_user(login->user));
        // Whoever has lost them all is let in by the password again, not by half a log-in.
        if (!user.may_enter() || factors.empty()) return begin_anew();
        return Half{*std::move(login), std::move(user), std::move(factors)};
    });
}

Result<webauthn::RelyingParty> LoginSteps::party(http::Request const& request) const {
    return webauthn::relying_party(origin_of(request, policy_.public_url));
}

Result<FactorQuestion> LoginSteps::question(Half const& half, http::Request const& request) const {
    TRY(auto found, party(request));
    return FactorQuestion{.user = half.user,
                          .owner = half.login.hash,
                          .purpose = "login",
                          .address = request.client_address(),
                          .party = std::move(found)};
}

Result<SecondStep> LoginSteps::waiting(http::Request const& request) {
    TRY(auto const found, half(request));
    return step_of(found.factors, found.login.expires_at);
}

Result<nlohmann::json> LoginSteps::ask_key(http::Request const& request) {
    TRY(auto const found, half(request));
    TRY(auto const asked, question(found, request));
    return factors_.ask_key(asked);
}

Error LoginSteps::count_wrong(Half const& half, Error error) {
    auto const counted = store_.write([&](Transaction& transaction) {
        return transaction.half_logins().count_wrong(half.login.hash);
    });
    if (!counted) log::warn("wrong_step_not_counted", {{"cause", counted.error().message}});
    if (half.login.wrong + 1 < most_wrong_steps) return error;
    return {Code::Unauthenticated, "too many wrong codes; give the password once more", "login"};
}

Result<Identity> LoginSteps::finish(FactorProof const& proof, http::Request const& request,
                                    http::Response& response) {
    TRY(auto const found, half(request));
    TRY(auto const asked, question(found, request));
    auto const proved = factors_.prove(asked, proof);
    if (!proved && proved.error().code == Code::Unauthenticated)
        return std::unexpected(count_wrong(found, proved.error()));
    if (!proved) return std::unexpected(proved.error());
    TRY(bool const mine, store_.write([&](Transaction& transaction) {
        return transaction.half_logins().remove(found.login.hash);
    }));
    if (!mine) return begin_anew();
    TRY(auto identity, gate_.begin_session(found.user, request, response));
    if (!found.login.provider_session.empty())
        keep(from_text(found.login.provider_session), identity.login);
    http::set_cookie(response, {.name = std::string(cookie_name()),
                                .value = "",
                                .lasts = Seconds(0),
                                .secure = policy_.bound_to_host});
    return identity;
}

}  // namespace carrel
