#pragma once

/// What a course's hub gives out in JupyterHub's manner: API tokens, and the codes of OAuth for
/// which one gets a token. Of both the store has only the hash.

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace carrel {

enum class HubTokenKind {
    Api,      ///< somebody made it, for a program
    OAuth,    ///< given to an OAuth client for a visitor
    Server,   ///< a running server's own; also its OAuth client secret
    Service,  ///< a service's own
};
[[nodiscard]] std::string_view name_of(HubTokenKind kind);
[[nodiscard]] Result<HubTokenKind> parse_hub_token_kind(std::string_view name);

struct HubToken {
    long long id = 0;  ///< ascending; given by the store; "a7" to the outside
    std::string secret_hash;
    CourseId course;
    std::optional<UserId> user;  ///< its owner, unless that is a service
    std::string service;         ///< its owner's name; empty: a user's
    HubTokenKind kind = HubTokenKind::Api;
    std::string client;  ///< the OAuth client it was given to, or whose own it is; empty: none
    std::string server;  ///< of kind Server: which of the user's
    std::string scopes;  ///< as given, separated by spaces; see hub/rbac
    std::string note;
    SessionId login;   ///< with which it ends; empty: with none
    std::string code;  ///< the hash of the code that it was given for; empty: none
    Time created_at;
    std::optional<Time> expires_at;
    std::optional<Time> last_used_at;
};

/// A visitor's right to enter, on its way through their browser to the OAuth client.
struct HubCode {
    std::string hash;
    CourseId course;
    std::string client;
    UserId user;
    std::string redirect_uri;
    std::string scopes;
    SessionId login;
    std::string challenge;  ///< PKCE, S256; empty: none was sent
    Time created_at;
    Time expires_at;
    std::optional<Time> used_at;
};

/// The OAuth client that a server is: "jupyterhub-user-ada", "jupyterhub-user-ada-gpu".
[[nodiscard]] std::string server_client(std::string_view user, std::string_view server);

}  // namespace carrel
