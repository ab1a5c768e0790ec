#include "auth/factor/factor_desk.hpp"

#include "auth/factor/recovery_code.hpp"
#include "auth/factor/totp.hpp"
#include "base/text.hpp"
#include "runtime/log.hpp"

#include <algorithm>

namespace carrel {

namespace {

constexpr Seconds challenge_lasts{600};
/// A code is one of a million and three of them are good at a time: 1,500 guesses a day are far
/// from enough, even for somebody who has the password.
constexpr LoginLimitPolicy code_limit{.tries_per_place = 10, .place_refill = Seconds(60)};

std::string digits_of(std::string_view code) {
    std::string plain;
    for (char const letter : code)
        if (letter != ' ') plain += letter;
    bool const digits = plain.size() == 6 &&
                        std::ranges::all_of(plain, [](char c) { return c >= '0' && c <= '9'; });
    return digits ? plain : std::string();
}

Event event_of(std::string kind, User const& user, std::string message, nlohmann::json detail,
               Time now) {
    Event event;
    event.at = now;
    event.kind = std::move(kind);
    event.actor = user.name;
    event.subject = user.name;
    event.message = std::move(message);
    event.detail = detail.dump();
    return event;
}

}  // namespace

FactorDesk::FactorDesk(Store& store, Clock const& clock, Random& random, Sealer sealer)
    : store_(store),
      clock_(clock),
      random_(random),
      sealer_(std::move(sealer)),
      limit_(clock, code_limit) {}

Result<std::vector<SecondFactor>> FactorDesk::of_user(UserId const& user) {
    return store_.read(
        [&](Transaction& transaction) { return transaction.second_factors().of_user(user); });
}

FactorChallenge FactorDesk::challenge(std::string owner, std::string purpose) const {
    return {.id = random_.secret(32),
            .owner = std::move(owner),
            .purpose = std::move(purpose),
            .payload = {},
            .expires_at = clock_.now() + challenge_lasts};
}

/// In a transaction of its own, which succeeds: what was brought back once is used up, right or
/// wrong.
Result<FactorChallenge> FactorDesk::take(std::string_view id, std::string_view owner,
                                         std::string_view purpose) {
    TRY(auto taken, store_.write([&](Transaction& transaction) {
        return transaction.half_logins().take_challenge(id, owner, purpose);
    }));
    if (taken.expires_at <= clock_.now()) return fail(Code::NotFound, "it was asked too long ago");
    return taken;
}

Result<nlohmann::json> FactorDesk::ask_key(FactorQuestion const& question) {
    auto const given = challenge(question.owner, question.purpose);
    std::vector<std::string> keys;
    TRY_VOID(store_.write([&](Transaction& transaction) -> Result<> {
        TRY(auto const factors, transaction.second_factors().of_user(question.user.id));
        keys.clear();
        for (auto const& factor : factors)
            if (factor.kind == FactorKind::WebAuthn) keys.push_back(factor.credential);
        if (keys.empty()) return fail(Code::NotFound, "this account has no security key");
        return transaction.half_logins().put_challenge(given);
    }));
    return webauthn::request_options(question.party, given.id, keys);
}

Result<> FactorDesk::prove(FactorQuestion const& question, FactorProof const& proof) {
    if (!proof.credential.is_null()) return prove_key(question, proof.credential);
    auto const digits = digits_of(proof.code);
    return digits.empty() ? prove_recovery_code(question, proof.code)
                          : prove_digits(question, digits);
}

std::unexpected<Error> FactorDesk::refuse(FactorQuestion const& question, std::string_view field,
                                          std::string_view sentence) {
    auto const noted = store_.write([&](Transaction& transaction) {
        return transaction.events().append(event_of(
            "second_factor_failed", question.user,
            fmt::format("a second factor of {} was not accepted", question.user.name),
            {{"address", question.address}, {"cause", std::string(sentence)}}, clock_.now()));
    });
    if (!noted) log::warn("factor_failure_not_recorded", {{"cause", noted.error().message}});
    return std::unexpected(Error{Code::Unauthenticated, std::string(sentence), std::string(field)});
}

Result<> FactorDesk::prove_digits(FactorQuestion const& question, std::string const& digits) {
    LoginTry const attempt{.name = question.user.id.value(), .address = "", .knows_address = true};
    if (auto const refusal = limit_.take(attempt))
        return fail(Code::LimitReached, "too many wrong codes; try again in {} seconds",
                    refusal->wait.count());
    TRY(auto const factors, of_user(question.user.id));
    auto const now = clock_.now();
    for (auto const& factor : factors) {
        if (factor.kind != FactorKind::Totp) continue;
        auto const secret = sealer_.open(factor.secret, sealed_for(factor.user));
        if (!secret) {
            log::error("second_factor_unreadable",
                       {{"user", question.user.name}, {"cause", secret.error().message}});
            continue;
        }
        auto const step = totp::matching_step(*secret, digits, now, factor.counter);
        if (!step) continue;
        // Of two who bring the same code at once, one has used it first.
        TRY(bool const first, store_.write([&](Transaction& transaction) {
            return transaction.second_factors().use(factor.id, *step, now);
        }));
        if (!first) continue;
        limit_.succeeded(attempt);
        return {};
    }
    return refuse(question, "code", "the code is wrong, or was used before");
}

Result<> FactorDesk::prove_recovery_code(FactorQuestion const& question, std::string const& code) {
    auto const now = clock_.now();
    auto const& user = question.user;
    TRY(bool const right, store_.write([&](Transaction& transaction) -> Result<bool> {
        TRY(bool const used,
            transaction.second_factors().use_recovery_code(user.id, hash_recovery_code(code)));
        if (!used) return false;
        TRY(auto const left, transaction.second_factors().recovery_codes_left(user.id));
        TRY_VOID(transaction.events().append(
            event_of("recovery_code_used", user,
                     fmt::format("{} used a recovery code; {} are left", user.name, left),
                     {{"left", left}, {"address", question.address}}, now)));
        return true;
    }));
    if (!right) return refuse(question, "code", "the code is wrong, or was used before");
    return {};
}

Result<> FactorDesk::prove_key(FactorQuestion const& question, nlohmann::json const& answer) {
    constexpr std::string_view field = "credential";
    auto const asked = webauthn::challenge_of(answer);
    if (!asked) return refuse(question, field, asked.error().message);
    auto const taken = take(*asked, question.owner, question.purpose);
    if (!taken && taken.error().code == Code::NotFound)
        return refuse(question, field,
                      "it answers no question that is open; ask the security key once more");
    if (!taken) return std::unexpected(taken.error());
    TRY(auto const factors, of_user(question.user.id));
    auto const named = answer.find("id");
    auto const id =
        named != answer.end() && named->is_string() ? named->get<std::string>() : std::string();
    auto const factor = std::ranges::find(factors, id, &SecondFactor::credential);
    if (id.empty() || factor == factors.end())
        return refuse(question, field, "this is none of your security keys");
    auto const counter = webauthn::check_assertion(
        answer, {.id = factor->credential, .public_key = factor->secret}, question.party, *asked);
    if (!counter) return refuse(question, field, counter.error().message);
    TRY(bool const counts, store_.write([&](Transaction& transaction) {
        return transaction.second_factors().use(factor->id, *counter, clock_.now());
    }));
    if (!counts)
        return refuse(question, field,
                      "the security key has counted less than before: there may be a copy of it");
    return {};
}

std::string origin_of(http::Request const& request, std::string_view public_url) {
    if (!public_url.empty()) return std::string(public_url);
    return fmt::format("{}://{}", request.is_secure() ? "https" : "http",
                       request.headers.get("host"));
}

std::string sealed_for(UserId const& user) { return "totp " + user.value(); }

}  // namespace carrel
