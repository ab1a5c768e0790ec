#pragma once

/// Second factors: proved when somebody logs in or confirms who they are, set up and removed by
/// their owner.
///
/// Whatever was given out (a challenge, a secret to set up) is in the store with whoever it was
/// given to, counts once, and for ten minutes; so any control process on the same store can go on
/// with it. Blocks. Thread-safe. Owned by app/wiring.

#include "auth/factor/sealer.hpp"
#include "auth/factor/webauthn.hpp"
#include "auth/local/login_limit.hpp"
#include "base/random.hpp"
#include "domain/second_factor.hpp"
#include "http/message.hpp"
#include "store/store.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace carrel {

/// What somebody brings: digits of an app or a recovery code, or else a key's answer.
struct FactorProof {
    std::string code = {};
    nlohmann::json credential = {};
};

/// Whose second factor is asked for, by what, and where.
struct FactorQuestion {
    User const& user;
    std::string owner;    ///< the session's id, or the half login's hash
    std::string purpose;  ///< "login" or "confirm"
    std::string address = {};
    webauthn::RelyingParty party;
};

/// A factor that is being set up.
struct FactorSetup {
    std::string id;
    FactorKind kind = FactorKind::Totp;
    std::string secret = {};      ///< of an app, to be typed
    std::string address = {};     ///< the same for a QR code
    nlohmann::json options = {};  ///< of a key
};

/// How somebody ends setting it up.
struct FactorEnd {
    std::string setup;
    std::string name;
    FactorProof proof;
};

struct AddedFactor {
    SecondFactor factor;
    std::vector<std::string> recovery_codes;  ///< with the first one; shown this once
};

class FactorDesk {
public:
    static constexpr size_t most_factors = 10;

    FactorDesk(Store& store, Clock const& clock, Random& random, Sealer sealer);

    [[nodiscard]] Result<std::vector<SecondFactor>> of_user(UserId const& user);

    /// What a key is to be asked. NotFound: this person has none.
    [[nodiscard]] Result<nlohmann::json> ask_key(FactorQuestion const& question);
    /// Unauthenticated with field "code" or "credential" when it is not right, or was before.
    /// LimitReached: too many wrong codes for this person.
    [[nodiscard]] Result<> prove(FactorQuestion const& question, FactorProof const& proof);

    /// Gives out what an app or a key needs. `owner` is the session.
    /// Conflict: there are as many as there may be.
    [[nodiscard]] Result<FactorSetup> begin_setup(User const& user, SessionId const& owner,
                                                  FactorKind kind,
                                                  webauthn::RelyingParty const& party);
    /// Keeps it once it has been used. InvalidArgument: the code or the answer is not right.
    /// NotFound with field "setup": nothing was begun, or too long ago.
    [[nodiscard]] Result<AddedFactor> end_setup(User const& user, SessionId const& owner,
                                                FactorEnd const& end,
                                                webauthn::RelyingParty const& party);
    /// NotFound: this person has no such factor. With the last one the recovery codes go.
    [[nodiscard]] Result<> remove(User const& user, std::string_view id);
    /// Ten new ones in place of the old ones. Conflict: there is no second factor.
    [[nodiscard]] Result<std::vector<std::string>> renew_recovery_codes(User const& user);

private:
    Result<> prove_digits(FactorQuestion const& question, std::string const& digits);
    Result<> prove_recovery_code(FactorQuestion const& question, std::string const& code);
    Result<> prove_key(FactorQuestion const& question, nlohmann::json const& answer);
    std::unexpected<Error> refuse(FactorQuestion const& question, std::string_view field,
                                  std::string_view sentence);
    Result<FactorChallenge> take(std::string_view id, std::string_view owner,
                                 std::string_view purpose);
    [[nodiscard]] FactorChallenge challenge(std::string owner, std::string purpose) const;

    Result<SecondFactor> finished_app(User const& user, SessionId const& owner,
                                      FactorEnd const& end);
    Result<SecondFactor> finished_key(User const& user, SessionId const& owner,
                                      FactorEnd const& end, webauthn::RelyingParty const& party);

    Store& store_;
    Clock const& clock_;
    Random& random_;
    Sealer sealer_;
    LoginLimit limit_;
};

/// Where the browser sees these pages: the platform's public address, or else what the request
/// says.
[[nodiscard]] std::string origin_of(http::Request const& request, std::string_view public_url);

/// How an app's secret is bound to its owner.
[[nodiscard]] std::string sealed_for(UserId const& user);

}  // namespace carrel
