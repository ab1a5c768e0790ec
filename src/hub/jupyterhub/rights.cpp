#include "hub/jupyterhub/rights.hpp"

#include "base/text.hpp"
#include "hub/hub_access.hpp"
#include "hub/sharing.hpp"

#include <algorithm>
#include <memory>

namespace carrel::jupyterhub {

namespace {

void add_names(std::vector<std::string>& to, std::vector<std::string> const& more) {
    to.insert(to.end(), more.begin(), more.end());
    std::ranges::sort(to);
    to.erase(std::unique(to.begin(), to.end()), to.end());
}

/// Members of groups by name, so that asking is a look-up.
using Members = std::map<std::string, std::set<std::string, std::less<>>, std::less<>>;

}  // namespace

Result<rbac::Standing> standing_in(Transaction& transaction, Course const& course,
                                   User const& user) {
    rbac::Standing standing{.administrator = user.administrator};
    standing.leads = course.led_by(user.id);
    TRY(standing.participates, may_have_server(transaction, course, user.id));
    return standing;
}

std::vector<std::string> own_roles(rbac::RoleBook const& roles, Course const& course,
                                   std::string_view user, rbac::Standing const& standing) {
    auto own = rbac::roles_of(standing);
    // Strangers have nothing here, whatever the configuration calls them.
    if (own.empty()) return own;
    auto const given = roles.of_user(course.request.slug, user);
    if (!given.empty()) add_names(own, given);
    return own;
}

Result<Rights> rights_of(Transaction& transaction, rbac::RoleBook const& roles,
                         Course const& course, User const& user) {
    Rights rights;
    TRY(auto const standing, standing_in(transaction, course, user));
    rights.roles = own_roles(roles, course, user.name, standing);
    if (rights.roles.empty()) return rights;
    auto all = rights.roles;
    TRY(auto const groups, transaction.hub_groups().of_user(course.id, user.id));
    for (auto const& group : groups) {
        rights.groups.push_back(group.name);
        add_names(all, rbac::split_scopes(group.roles));
        add_names(all, roles.of_group(course.request.slug, group.name));
    }
    rights.scopes = roles.scopes_of(all, {.user = user.name});
    TRY(auto const shared, shared_scopes(transaction, course, user.id));
    rights.scopes.include(rbac::expand_known(shared, {.user = user.name}));
    return rights;
}

Rights rights_of(rbac::RoleBook const& roles, Course const& course, Service const& service) {
    Rights rights;
    rights.roles = service.roles;
    if (service.administrator) rights.roles.emplace_back("admin");
    add_names(rights.roles, roles.of_service(course.request.slug, service.name));
    rights.scopes = roles.scopes_of(rights.roles, {.service = service.name});
    return rights;
}

Result<rbac::Membership> membership_for(Transaction& transaction, Course const& course,
                                        std::initializer_list<rbac::ScopeSet const*> scopes) {
    std::set<std::string> named;
    for (auto const* const each : scopes) named.merge(each->groups());
    if (named.empty()) return rbac::Membership(rbac::no_groups);
    auto const members = std::make_shared<Members>();
    for (auto const& group : named) {
        TRY(auto const ids, transaction.hub_groups().members(course.id, group));
        TRY(auto const users, transaction.users().find_all(ids));
        for (auto const& [id, user] : users) (*members)[group].insert(user.name);
    }
    return rbac::Membership([members](std::string_view user, std::string_view group) {
        auto const found = members->find(group);
        return found != members->end() && found->second.contains(user);
    });
}

Result<User> find_user_of_hub(Transaction& transaction, Course const& course,
                              std::string_view name) {
    auto user = transaction.users().find_by_name(name);
    if (user) {
        TRY(auto const standing, standing_in(transaction, course, *user));
        if (!rbac::roles_of(standing).empty()) return user;
    } else if (user.error().code != Code::NotFound) {
        return user;
    }
    return fail(Code::NotFound, "No such user: {}", for_log(name, 80));
}

}  // namespace carrel::jupyterhub
