#pragma once

/// What a user, a service or a token may do in one hub, in JupyterHub's words: a set of scopes,
/// each of which may be narrowed by filters: "read:users!group=bio", "access:servers!server=ada/".
///
/// Plain values and pure functions; any thread. Who has which is decided by `roles.hpp` and by
/// whoever keeps tokens; here is only what follows from it.

#include "base/result.hpp"
#include "hub/rbac/custom_scopes.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::rbac {

/// What a scope is narrowed to: all of it is covered by any of these.
struct Filter {
    bool everything = false;  ///< not narrowed
    std::set<std::string> users = {};
    std::set<std::string> groups = {};    ///< and so all users in them
    std::set<std::string> servers = {};   ///< "ada/gpu"; "ada/" is the default server
    std::set<std::string> services = {};  ///< by name

    [[nodiscard]] bool empty() const {
        return !everything && users.empty() && groups.empty() && servers.empty() &&
               services.empty();
    }
    bool operator==(Filter const&) const = default;
};

/// What somebody wants to do something with.
struct Target {
    std::optional<std::string> user = {};    ///< also whose server it is
    std::optional<std::string> server = {};  ///< its name, "" for the default server
    std::optional<std::string> group = {};
    std::optional<std::string> service = {};
};

/// Whether the user is in the group.
using Membership = std::function<bool(std::string_view user, std::string_view group)>;
[[nodiscard]] bool no_groups(std::string_view user, std::string_view group);

/// Who holds scopes: what the bare filters "!user", "!server" and "!service" mean, and "self".
struct Holder {
    std::optional<std::string> user = {};
    std::optional<std::string> service = {};
    /// The server that a token was issued to, or for: "ada/".
    std::optional<std::string> server = {};
};

class ScopeSet {
public:
    /// Reads scopes as they are written, expands them, and resolves bare filters. A bare filter
    /// that means nothing for this holder gives nothing. InvalidArgument: no such scope or filter;
    /// `field` is "scopes". "inherit" is left to `effective`, and no scope here.
    [[nodiscard]] static Result<ScopeSet> expand(std::span<std::string const> written,
                                                 Holder const& holder,
                                                 CustomScopes const& custom = CustomScopes::none());

    /// It has this scope for at least something: else an answer is 403 and not 404.
    [[nodiscard]] bool has(std::string_view scope) const { return scopes_.contains(scope); }
    /// It has this scope for that.
    [[nodiscard]] bool allows(std::string_view scope, Target const& target,
                              Membership const& in_group) const;
    /// It has this scope without a filter.
    [[nodiscard]] bool allows_everything(std::string_view scope) const;
    /// How far it has this scope; null: not at all.
    [[nodiscard]] Filter const* filter_of(std::string_view scope) const;

    /// What both allow.
    [[nodiscard]] ScopeSet intersection(ScopeSet const& other, Membership const& in_group) const;
    /// It allows what the other does, too.
    void include(ScopeSet other);
    /// The other allows nothing that this does not.
    [[nodiscard]] bool contains(ScopeSet const& other, Membership const& in_group) const;

    /// Every group that a filter of it names.
    [[nodiscard]] std::set<std::string> groups() const;

    /// In the form of JupyterHub's models, sorted, none that another one covers.
    [[nodiscard]] std::vector<std::string> names() const;
    [[nodiscard]] bool empty() const { return scopes_.empty(); }
    bool operator==(ScopeSet const&) const = default;

private:
    Result<> add(std::string_view written, Holder const& holder, CustomScopes const& custom);
    Result<> add_filtered(std::set<std::string_view> const& scopes, std::string_view filter,
                          Holder const& holder);

    std::map<std::string, Filter, std::less<>> scopes_;
};

/// What was given, expanded; scopes that nobody knows any more are passed over.
[[nodiscard]] ScopeSet expand_known(std::span<std::string const> given, Holder const& holder,
                                    CustomScopes const& custom = CustomScopes::none());

/// What a token may do now: what it was given and what its owner may do, no more than both.
/// "inherit" among what was given stands for all that the owner may do. Scopes that nobody knows
/// any more are passed over.
[[nodiscard]] ScopeSet effective(std::span<std::string const> given, ScopeSet of_owner,
                                 Holder const& holder, Membership const& in_group,
                                 CustomScopes const& custom = CustomScopes::none());

/// "ada/gpu", "ada/".
[[nodiscard]] std::string server_id(std::string_view user, std::string_view server);

/// Scopes as text, separated by spaces, as OAuth and the store have them; one in the name of a
/// server or group is written "%20", and "%" itself "%25".
[[nodiscard]] std::vector<std::string> split_scopes(std::string_view text);
[[nodiscard]] std::string join_scopes(std::span<std::string const> scopes);

}  // namespace carrel::rbac
