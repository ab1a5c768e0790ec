#include "hub/rbac/role_book.hpp"

#include "base/text.hpp"
#include "hub/rbac/scope_table.hpp"

#include <algorithm>

namespace carrel::rbac {

namespace {

/// `[a-z0-9._~-]`, 3 to 255, a letter first: as JupyterHub has it.
bool is_role_name(std::string_view name) {
    auto const allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
               c == '_' || c == '~';
    };
    return name.size() >= 3 && name.size() <= 255 && name.front() >= 'a' && name.front() <= 'z' &&
           std::ranges::all_of(name, allowed) &&
           std::string_view("._~-").find(name.back()) == std::string_view::npos;
}

bool holds(std::vector<std::string> const& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

/// Bare filters mean something for everybody who may have the role.
Holder const anybody{.user = "anybody", .service = "any", .server = "anybody/"};

}  // namespace

RoleBook::RoleBook() {
    for (auto const& role : default_roles()) roles_.emplace(role.name, role);
}

RoleBook const& RoleBook::usual() {
    static RoleBook const book;
    return book;
}

void RoleBook::let_users_share() { roles_.at("user").scopes.emplace_back("shares!user"); }

Result<RoleBook> RoleBook::create(std::vector<RoleGrant> grants, CustomScopes custom) {
    RoleBook book;
    book.custom_ = std::move(custom);
    for (auto const& grant : grants) TRY_VOID(book.define(grant));
    book.grants_ = std::move(grants);
    return book;
}

Result<> RoleBook::define(RoleGrant const& grant) {
    auto const& role = grant.role;
    if (!is_role_name(role.name))
        return fail_field("roles",
                          "the name of a role begins with a letter and has 3 to 255 of the "
                          "letters a to z, digits and . _ ~ -, and '{}' is none",
                          for_log(role.name, 80));
    auto const known = roles_.find(role.name);
    if (role.scopes.empty()) {
        if (known != roles_.end()) return {};
        return fail_field("roles", "the role '{}' has no scopes", role.name);
    }
    if (role.name == "admin")
        return fail_field("roles", "the role 'admin' has all scopes, and cannot be given others");
    if (auto const read = ScopeSet::expand(role.scopes, anybody, custom_); !read)
        return fail_field("roles", "the role '{}': {}", role.name, read.error().message);
    roles_.insert_or_assign(role.name, Role{role.name,
                                            role.description.empty() && known != roles_.end()
                                                ? known->second.description
                                                : role.description,
                                            role.scopes});
    return {};
}

Result<Role> RoleBook::find(std::string_view name) const {
    auto const found = roles_.find(name);
    if (found == roles_.end())
        return fail(Code::NotFound, "there is no role '{}'", for_log(name, 80));
    return found->second;
}

RoleBook::Names RoleBook::given(std::string_view slug, std::string_view name,
                                Names RoleGrant::* to) const {
    Names roles;
    for (auto const& grant : grants_)
        if (holds(grant.*to, name) && (grant.courses.empty() || holds(grant.courses, slug)))
            roles.push_back(grant.role.name);
    std::ranges::sort(roles);
    roles.erase(std::unique(roles.begin(), roles.end()), roles.end());
    return roles;
}

RoleBook::Names RoleBook::of_user(std::string_view slug, std::string_view name) const {
    return given(slug, name, &RoleGrant::users);
}

RoleBook::Names RoleBook::of_group(std::string_view slug, std::string_view name) const {
    return given(slug, name, &RoleGrant::groups);
}

RoleBook::Names RoleBook::of_service(std::string_view slug, std::string_view name) const {
    return given(slug, name, &RoleGrant::services);
}

ScopeSet RoleBook::scopes_of(std::span<std::string const> roles, Holder const& holder) const {
    ScopeSet all;
    for (auto const& name : roles) {
        auto const role = roles_.find(name);
        if (role == roles_.end()) continue;
        if (auto expanded = ScopeSet::expand(role->second.scopes, holder, custom_))
            all.include(*std::move(expanded));
    }
    return all;
}

}  // namespace carrel::rbac
