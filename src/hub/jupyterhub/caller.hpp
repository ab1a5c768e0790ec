#pragma once

/// Finds out who calls a course's hub, and with which scopes: somebody by Carrel's session or
/// token, or whoever holds a token that this hub issued, a service for example.
///
/// Every handler that is not public begins here. Blocks (asks the store): on the blocking pool.
/// Thread-safe. Owned by `Hub`.

#include "auth/gate.hpp"
#include "domain/course.hpp"
#include "domain/hub_paths.hpp"
#include "hub/jupyterhub/rights.hpp"

namespace carrel::jupyterhub {

struct Caller {
    Course course;
    User user;                                    ///< without an id when a service calls
    std::optional<Service> service;               ///< nothing: somebody calls
    std::vector<std::string> roles;               ///< their own, in this hub
    std::vector<std::string> groups;              ///< that they are in, by name
    rbac::ScopeSet scopes;                        ///< what the caller may do now
    rbac::Membership in_group = rbac::no_groups;  ///< of the groups that these scopes name
    std::optional<HubToken> token;                ///< nothing: by Carrel's session or token
    SessionId login;  ///< by which they came; empty for a token that has none
    bool by_cookie = false;
    std::string csrf_token;       ///< of the session; empty for a token
    std::optional<Time> ends_at;  ///< of that login at the latest
    rbac::RoleBook const* book = &rbac::RoleBook::usual();
    HubPaths paths = {};

    /// For the audit log: "ada", "service:cull".
    [[nodiscard]] std::string actor() const;
    [[nodiscard]] bool may(std::string_view scope, rbac::Target const& target) const {
        return scopes.allows(scope, target, in_group);
    }
};

/// What is asked for: the API, or a page that anybody may link to; see xsrf.hpp.
enum class Surface { Api, Page };

class CallerGate {
public:
    CallerGate(Store& store, Gate& gate, Clock const& clock,
               rbac::RoleBook const& roles = rbac::RoleBook::usual(),
               ServiceBook const& services = ServiceBook::none(), HubPaths paths = {})
        : store_(store),
          gate_(gate),
          clock_(clock),
          roles_(roles),
          services_(services),
          paths_(std::move(paths)) {}

    /// Unauthenticated: nobody, a token of another hub, expired or revoked, a disabled user.
    /// PermissionDenied: as `Gate::identify`; or somebody who has nothing to do with this course.
    [[nodiscard]] Result<Caller> identify(http::Request const& request,
                                          Surface surface = Surface::Api) const;

    [[nodiscard]] rbac::RoleBook const& roles() const { return roles_; }
    [[nodiscard]] ServiceBook const& services() const { return services_; }
    [[nodiscard]] HubPaths const& paths() const { return paths_; }

private:
    Result<Caller> by_hub_token(std::string_view secret, std::string_view slug) const;
    Result<Caller> by_carrel(http::Request const& request, std::string const& slug,
                             Surface surface) const;
    Result<> read_owner(Transaction& transaction, Caller& caller, std::string_view secret) const;
    void touch(HubToken const& token) const;

    Store& store_;
    Gate& gate_;
    Clock const& clock_;
    rbac::RoleBook const& roles_;
    ServiceBook const& services_;
    HubPaths paths_;
};

/// 403 without the scope, 404 when it does not reach that far, in JupyterHub's words.
[[nodiscard]] Result<> require_scope(Caller const& caller, std::string_view scope,
                                     rbac::Target const& target);
/// 403 unless the caller has the scope for something.
[[nodiscard]] Result<> require_some(Caller const& caller, std::string_view scope);
/// 403 unless the caller has the scope without a filter: for what is about the whole hub.
[[nodiscard]] Result<> require_all(Caller const& caller, std::string_view scope);

}  // namespace carrel::jupyterhub
