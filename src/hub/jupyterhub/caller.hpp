#pragma once

/// Finds out who calls a course's hub, and with which scopes: somebody by Carrel's session or
/// token, or whoever holds a token that this hub issued.
///
/// Every handler that is not public begins here. Blocks (asks the store): on the blocking pool.
/// Thread-safe. Owned by `Hub`.

#include "auth/gate.hpp"
#include "domain/course.hpp"
#include "hub/rbac/roles.hpp"

namespace carrel::jupyterhub {

struct Caller {
    Course course;
    User user;
    std::vector<std::string> roles;  ///< of the user, in this hub
    rbac::ScopeSet scopes;           ///< what the caller may do now
    std::optional<HubToken> token;   ///< nothing: by Carrel's session or token
    SessionId login;                 ///< by which they came; empty for a token that has none
    bool by_cookie = false;
    std::optional<Time> ends_at;  ///< of that login at the latest
};

class CallerGate {
public:
    CallerGate(Store& store, Gate& gate, Clock const& clock)
        : store_(store), gate_(gate), clock_(clock) {}

    /// Unauthenticated: nobody, a token of another hub, expired or revoked, a disabled user.
    /// PermissionDenied: as `Gate::identify`; or somebody who has nothing to do with this course.
    [[nodiscard]] Result<Caller> identify(http::Request const& request) const;

private:
    Result<Caller> by_hub_token(std::string_view secret, std::string_view slug) const;
    Result<Caller> by_carrel(http::Request const& request, std::string_view slug) const;

    Store& store_;
    Gate& gate_;
    Clock const& clock_;
};

/// The user's roles in the hub of this course, as things stand.
[[nodiscard]] Result<std::vector<std::string>> roles_in(Transaction& transaction,
                                                        Course const& course, User const& user);

/// Somebody with a role in the hub of this course. NotFound: there is nobody of that name, or they
/// have nothing to do with it.
[[nodiscard]] Result<User> find_user_of_hub(Transaction& transaction, Course const& course,
                                            std::string_view name);

/// 403 without the scope, 404 when it does not reach that far, in JupyterHub's words.
[[nodiscard]] Result<> require_scope(Caller const& caller, std::string_view scope,
                                     rbac::Target const& target);

}  // namespace carrel::jupyterhub
