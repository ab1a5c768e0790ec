/// The half of the desk where factors come and go.

#include "auth/factor/factor_desk.hpp"
#include "auth/factor/recovery_code.hpp"
#include "auth/factor/totp.hpp"
#include "auth/secret.hpp"

#include <algorithm>

namespace carrel {

namespace {

Event event_of(std::string kind, User const& user, std::string_view actor, std::string message,
               nlohmann::json const& detail, Time now) {
    Event event;
    event.at = now;
    event.kind = std::move(kind);
    event.actor = actor;
    event.subject = user.name;
    event.message = std::move(message);
    event.detail = detail.dump();
    return event;
}

Result<std::vector<std::string>> make_codes(Transaction& transaction, UserId const& user,
                                            Random& random) {
    auto codes = make_recovery_codes(random);
    std::vector<std::string> hashes;
    for (auto const& code : codes) hashes.push_back(hash_recovery_code(code));
    TRY_VOID(transaction.second_factors().set_recovery_codes(user, hashes));
    return codes;
}

Error nothing_begun() {
    return {Code::NotFound, "this was begun too long ago, or elsewhere; begin once more", "setup"};
}

Result<> check_room(std::vector<SecondFactor> const& factors) {
    if (factors.size() < FactorDesk::most_factors) return {};
    return fail(Code::Conflict, "you have {} second factors already; remove one first",
                factors.size());
}

}  // namespace

Result<FactorSetup> FactorDesk::begin_setup(User const& user, SessionId const& owner,
                                            FactorKind kind, webauthn::RelyingParty const& party) {
    FactorSetup setup{.kind = kind};
    auto given = challenge(owner.value(), std::string(name_of(kind)));
    auto const secret = totp::make_secret(random_);
    if (kind == FactorKind::Totp) given.payload = sealer_.seal(secret, sealed_for(user.id));
    std::vector<std::string> known;
    TRY_VOID(store_.write([&](Transaction& transaction) -> Result<> {
        TRY(auto const factors, transaction.second_factors().of_user(user.id));
        TRY_VOID(check_room(factors));
        known.clear();
        for (auto const& factor : factors)
            if (factor.kind == FactorKind::WebAuthn) known.push_back(factor.credential);
        return transaction.half_logins().put_challenge(given);
    }));
    setup.id = given.id;
    if (kind == FactorKind::Totp) {
        setup.secret = totp::base32(secret);
        setup.address = totp::address_of(secret, fmt::format("Carrel {}", party.id), user.name);
    } else {
        // Keys keep it; it says nothing to whoever reads them out.
        webauthn::Person const person{.id = sha256("webauthn " + user.id.value()),
                                      .name = user.name,
                                      .display_name = user.display_name};
        setup.options = webauthn::creation_options(party, person, given.id, known);
    }
    return setup;
}

/// The secret stays given out until a code of it was right: an app is typed into, a mistake made.
Result<SecondFactor> FactorDesk::finished_app(User const& user, SessionId const& owner,
                                              FactorEnd const& end) {
    auto const now = clock_.now();
    std::optional<long long> step;
    SecondFactor factor;
    TRY_VOID(store_.write([&](Transaction& transaction) -> Result<> {
        step.reset();
        auto const taken = transaction.half_logins().take_challenge(end.setup, owner.value(),
                                                                    name_of(FactorKind::Totp));
        if (!taken && taken.error().code != Code::NotFound) return std::unexpected(taken.error());
        if (!taken || taken->expires_at <= now) return std::unexpected(nothing_begun());
        factor.secret = taken->payload;
        TRY(auto const secret, sealer_.open(factor.secret, sealed_for(user.id)));
        step = totp::matching_step(secret, end.proof.code, now, 0);
        if (!step) return transaction.half_logins().put_challenge(*taken);
        return {};
    }));
    if (!step) return fail_field("code", "the code is wrong; is the clock of the phone right?");
    factor.kind = FactorKind::Totp;
    factor.counter = *step;
    return factor;
}

Result<SecondFactor> FactorDesk::finished_key(User const& user, SessionId const& owner,
                                              FactorEnd const& end,
                                              webauthn::RelyingParty const& party) {
    auto const taken = take(end.setup, owner.value(), name_of(FactorKind::WebAuthn));
    if (!taken && taken.error().code == Code::NotFound) return std::unexpected(nothing_begun());
    if (!taken) return std::unexpected(taken.error());
    TRY(auto const credential, webauthn::check_creation(end.proof.credential, party, end.setup));
    SecondFactor factor{.kind = FactorKind::WebAuthn,
                        .credential = credential.id,
                        .secret = credential.public_key,
                        .counter = credential.counter};
    factor.user = user.id;
    return factor;
}

Result<AddedFactor> FactorDesk::end_setup(User const& user, SessionId const& owner,
                                          FactorEnd const& end,
                                          webauthn::RelyingParty const& party) {
    TRY(auto factor, end.proof.credential.is_null() ? finished_app(user, owner, end)
                                                    : finished_key(user, owner, end, party));
    auto const now = clock_.now();
    factor.id = random_.uuid();
    factor.user = user.id;
    factor.name = end.name;
    factor.created_at = now;
    AddedFactor added{.factor = factor, .recovery_codes = {}};
    TRY_VOID(store_.write([&](Transaction& transaction) -> Result<> {
        TRY(auto const factors, transaction.second_factors().of_user(user.id));
        TRY_VOID(check_room(factors));
        auto inserted = transaction.second_factors().insert(factor);
        if (!inserted && inserted.error().code == Code::Conflict)
            return std::unexpected(
                Error{Code::Conflict, "this security key is set up already", "credential"});
        TRY_VOID(inserted);
        added.recovery_codes.clear();
        if (factors.empty()) {
            TRY(added.recovery_codes, make_codes(transaction, user.id, random_));
        }
        TRY_VOID(transaction.events().append(
            event_of("second_factor_added", user, user.name,
                     fmt::format("{} set up a second factor", user.name),
                     {{"kind", name_of(factor.kind)}, {"name", factor.name}}, now)));
        return {};
    }));
    return added;
}

Result<> FactorDesk::remove(User const& user, std::string_view id) {
    auto const now = clock_.now();
    return store_.write([&](Transaction& transaction) -> Result<> {
        TRY(auto const factors, transaction.second_factors().of_user(user.id));
        auto const factor = std::ranges::find(factors, id, &SecondFactor::id);
        if (factor == factors.end()) return fail(Code::NotFound, "you have no such second factor");
        TRY_VOID(transaction.second_factors().remove(id));
        if (factors.size() == 1)
            TRY_VOID(transaction.second_factors().set_recovery_codes(user.id, {}));
        TRY_VOID(transaction.events().append(
            event_of("second_factor_removed", user, user.name,
                     fmt::format("{} removed a second factor", user.name),
                     {{"kind", name_of(factor->kind)}, {"name", factor->name}}, now)));
        return {};
    });
}

Result<std::vector<std::string>> FactorDesk::renew_recovery_codes(User const& user) {
    auto const now = clock_.now();
    return store_.write([&](Transaction& transaction) -> Result<std::vector<std::string>> {
        TRY(auto const factors, transaction.second_factors().of_user(user.id));
        if (factors.empty())
            return fail(Code::Conflict,
                        "set up a second factor first; recovery codes come with it");
        TRY(auto codes, make_codes(transaction, user.id, random_));
        TRY_VOID(transaction.events().append(event_of(
            "recovery_codes_made", user, user.name,
            fmt::format("{} made new recovery codes", user.name), nlohmann::json::object(), now)));
        return codes;
    });
}

}  // namespace carrel
