#pragma once

/// OAuth 2 of a course's hub (RFC 6749, authorization code; RFC 7636, PKCE): how a visitor's
/// browser gets into a server that lets visitors in by itself.
///
/// What can be decided without HTTP is here, in blocking functions on the store; oauth_calls.hpp
/// speaks HTTP. Thread-safe. Owned by `Hub`.

#include "hub/jupyterhub/caller.hpp"
#include "hub/jupyterhub/form.hpp"
#include "hub/origins.hpp"

namespace carrel::jupyterhub {

inline constexpr Seconds code_lasts{300};
/// JupyterHub's oauth_token_expires_in; a token ends with its login at the latest.
inline constexpr Seconds token_lasts{14 * 86400};

/// Whose server asks, or which service, and where it wants its visitor's code.
struct Client {
    std::string id;
    User owner;
    std::string server;
    std::string callback;
    std::optional<Service> service = {};  ///< else it is a server, and has an owner

    [[nodiscard]] rbac::Target target() const {
        if (service) return {.service = service->name};
        return {.user = owner.name, .server = server};
    }
    /// What a visitor needs for that.
    [[nodiscard]] std::string_view scope() const {
        return service ? "access:services" : "access:servers";
    }
};

/// What a server asks for on behalf of its visitor.
struct AuthorizeRequest {
    Client client;
    std::vector<std::string> scopes;  ///< expanded filters and all, as the token will have them
    std::string state;
    std::string challenge;
};

/// An error that is told to the client: "invalid_grant" and a sentence.
struct OAuthError {
    std::string error;
    std::string description;
    unsigned status = 400;
};

struct GrantedToken {
    std::string secret;
    Seconds lasts{};
    std::string scopes;
};

using Redeemed = std::expected<GrantedToken, OAuthError>;

class OAuth {
public:
    OAuth(Store& store, Clock const& clock, Random& random, CallerGate const& callers,
          Origins origins)
        : store_(store),
          clock_(clock),
          random_(random),
          callers_(callers),
          origins_(std::move(origins)) {}

    /// The client that sends its visitor. NotFound: none of this hub has this id and takes codes at
    /// exactly this address; the browser must not be sent there.
    [[nodiscard]] Result<Client> find_client(Course const& course, Form const& query) const;
    /// What it wants; an error is for the client to hear.
    [[nodiscard]] static std::expected<AuthorizeRequest, OAuthError> read_request(
        Client client, Form const& query);

    /// True when the visitor has nothing to be asked: it is their own server, or one that they have
    /// let know as much of them before.
    [[nodiscard]] Result<bool> is_agreed(Caller const& visitor,
                                         AuthorizeRequest const& request) const;

    /// A code for the client, with a line in the audit log when it is somebody else's server.
    [[nodiscard]] Result<std::string> grant(Caller const& visitor, AuthorizeRequest const& request);

    /// A token for the code. A wrong secret is "invalid_client", everything else that is wrong
    /// "invalid_grant"; a code that comes twice ends what the first one gave.
    [[nodiscard]] Result<Redeemed> redeem(std::string_view slug, Form const& form);

private:
    Result<Redeemed> redeem_in(Transaction& transaction, std::string_view slug, Form const& form);
    Result<std::optional<Client>> find_service(Transaction& transaction, Course const& course,
                                               std::string_view client) const;
    Result<std::optional<Client>> authenticated(Transaction& transaction, Course const& course,
                                                Form const& form);
    Result<Redeemed> issue(Transaction& transaction, Course const& course, Client const& client,
                           HubCode const& code);

    Store& store_;
    Clock const& clock_;
    Random& random_;
    CallerGate const& callers_;
    Origins origins_;
};

/// The challenge of RFC 7636 for this verifier, by S256.
[[nodiscard]] std::string challenge_of(std::string_view verifier);

}  // namespace carrel::jupyterhub
