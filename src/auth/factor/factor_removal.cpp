#include "auth/factor/factor_removal.hpp"

#include "auth/logins.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

Result<size_t> remove_factors(Transaction& transaction, UserId const& user) {
    TRY(auto const factors, transaction.second_factors().of_user(user));
    for (auto const& factor : factors) TRY_VOID(transaction.second_factors().remove(factor.id));
    TRY_VOID(transaction.second_factors().set_recovery_codes(user, {}));
    TRY_VOID(transaction.half_logins().remove_of_user(user));
    return factors.size();
}

Result<size_t> reset_factors(Transaction& transaction, User const& user, FactorReset const& reset) {
    TRY_VOID(end_sessions(transaction, user.id, reset.session, reset.now));
    TRY(auto const count, remove_factors(transaction, user.id));
    std::string const actor = reset.actor.empty() ? "somebody at the machine" : reset.actor;
    Event event{.at = reset.now,
                .kind = "second_factors_reset",
                .actor = reset.actor,
                .subject = user.name};
    event.message = fmt::format("{} removed the second factors of {}", actor, user.name);
    event.detail = nlohmann::json{{"count", count}}.dump();
    TRY_VOID(transaction.events().append(event));
    return count;
}

}  // namespace carrel
