#pragma once

/// Asks providers again, while somebody is logged in, whether they still vouch for them: whoever
/// has lost their account there is out here, too, and other groups give other roles at once.
///
/// By the refresh token that came with the log-in (RFC 6749 section 6), for sessions that have been
/// used since the provider was last asked. One that cannot be reached ends nobody's session.
/// Owned by app/wiring.

#include "auth/access/access_policy.hpp"
#include "auth/factor/sealer.hpp"
#include "auth/provider/provider.hpp"
#include "runtime/blocking_pool.hpp"
#include "store/store.hpp"

namespace carrel {

/// What a refresh token is sealed for: it is of no use in another person's row.
[[nodiscard]] std::string refresh_token_owner(std::string_view login, std::string_view subject);

class SessionRefresher {
public:
    /// All outlive it. `access` may be null: everybody may in.
    SessionRefresher(Store& store, Clock const& clock, Sealer const& sealer, AccessPolicy* access)
        : store_(store), clock_(clock), sealer_(sealer), access_(access) {}
    ~SessionRefresher() { pool_.join(); }

    /// For one provider, until it is cancelled.
    Task<> run(LoginProvider& provider);

    struct Passed {
        size_t ended = 0;   ///< sessions
        bool away = false;  ///< the provider could not be asked
    };
    /// Asks about those that are due. Blocks for as long as the provider takes.
    Result<Passed> pass(LoginProvider& provider);

private:
    /// What became of one session.
    enum class Outcome { Kept, Ended, NotAsked };
    Result<Outcome> refresh(LoginProvider& provider, ProviderSession session);
    Result<Outcome> not_told(LoginProvider const& provider, ProviderSession session,
                             Time asked_before, Error const& why);
    /// What the provider says counts: roles, and whether they may still in.
    Result<> bring_up_to_date(LoginProvider const& provider, ProviderSession& session,
                              ProviderPerson person);
    Result<> end(LoginProvider const& provider, ProviderSession const& session, Error const& why);

    Store& store_;
    Clock const& clock_;
    Sealer const& sealer_;
    AccessPolicy* access_;
    BlockingPool pool_{2};
};

}  // namespace carrel
