#pragma once

/// The end of every log-in, whichever way somebody came: a session for who needs no more, and for
/// whoever has a second factor half a log-in, which can do nothing but give that.
///
/// A half log-in is in the store, named by a cookie, and lasts ten minutes: any control process on
/// the same store can end what another one began. Blocks. Thread-safe. Owned by app/wiring.

#include "auth/factor/factor_desk.hpp"
#include "auth/gate.hpp"

#include <variant>

namespace carrel {

inline constexpr std::string_view half_login_cookie = "carrel_login";
inline constexpr std::string_view host_half_login_cookie = "__Host-carrel_login";
inline constexpr Seconds half_login_lasts{600};
/// So many wrong second steps, and the first one has to be made anew.
inline constexpr int most_wrong_steps = 5;

struct LoginStepsPolicy {
    /// As `SessionPolicy::bound_to_host`.
    bool bound_to_host = false;
    /// Whoever comes from a provider is asked for the second factor here, too.
    bool ask_after_provider = false;
    /// "https://hub.example.org", for keys; empty: what the request's Host says.
    std::string public_url = {};
};

/// What is asked of somebody whose first step was right.
struct SecondStep {
    std::vector<FactorKind> kinds;  ///< each once
    Time expires_at;
};
using LoginOutcome = std::variant<Identity, SecondStep>;

class LoginSteps {
public:
    LoginSteps(Store& store, Gate& gate, FactorDesk& factors, Clock const& clock, Random& random,
               LoginStepsPolicy policy);

    /// After a first step that was right. Sets the session's cookie in `response`, or the one of
    /// half a log-in. `provider` is kept with the session, as soon as there is one; its own id
    /// does not count. Fails as `Gate::begin_session`.
    [[nodiscard]] Result<LoginOutcome> begin(User const& user, FirstStep first,
                                             http::Request const& request, http::Response& response,
                                             std::optional<ProviderSession> const& provider = {});

    /// What the browser's half log-in waits for. Unauthenticated with field "login": there is none.
    [[nodiscard]] Result<SecondStep> waiting(http::Request const& request);
    /// Options for its security key. As `waiting`; NotFound: there is no key.
    [[nodiscard]] Result<nlohmann::json> ask_key(http::Request const& request);
    /// The second step. Sets the session's cookie. As `FactorDesk::prove`; Unauthenticated with
    /// field "login": the first one has to be made anew.
    [[nodiscard]] Result<Identity> finish(FactorProof const& proof, http::Request const& request,
                                          http::Response& response);

    [[nodiscard]] FactorDesk& factors() { return factors_; }
    /// By which name and origin keys know this platform.
    [[nodiscard]] Result<webauthn::RelyingParty> party(http::Request const& request) const;

private:
    struct Half {
        HalfLogin login;
        User user;
        std::vector<SecondFactor> factors;
    };
    Result<Half> half(http::Request const& request);
    Result<FactorQuestion> question(Half const& half, http::Request const& request) const;
    Result<LoginOutcome> wait(User const& user, std::vector<SecondFactor> const& factors,
                              http::Request const& request, http::Response& response,
                              std::optional<ProviderSession> const& provider);
    /// The log-in is good without it, too.
    void keep(ProviderSession session, SessionId const& login);
    Error count_wrong(Half const& half, Error error);
    [[nodiscard]] std::string_view cookie_name() const {
        return policy_.bound_to_host ? host_half_login_cookie : half_login_cookie;
    }

    Store& store_;
    Gate& gate_;
    FactorDesk& factors_;
    Clock const& clock_;
    Random& random_;
    LoginStepsPolicy policy_;
};

}  // namespace carrel
