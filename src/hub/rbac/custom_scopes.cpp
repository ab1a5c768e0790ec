#include "hub/rbac/custom_scopes.hpp"

#include "base/text.hpp"
#include "hub/rbac/scope_table.hpp"

#include <algorithm>

namespace carrel::rbac {

Result<CustomScopes> CustomScopes::create(std::vector<CustomScope> const& scopes) {
    CustomScopes known;
    for (auto const& scope : scopes) {
        if (!is_custom_scope(scope.name))
            return fail_field("custom_scopes.name",
                              "the name of a custom scope is custom: and then letters a to z, "
                              "digits and _ - * :, where neither the first nor the last is - or :, "
                              "and '{}' is none",
                              for_log(scope.name, 80));
        if (scope.description.empty())
            return fail_field("custom_scopes.description",
                              "the custom scope '{}' needs a description: people read it when "
                              "they are asked whether a service may have it",
                              scope.name);
        if (!known.scopes_.emplace(scope.name, scope).second)
            return fail_field("custom_scopes.name", "there are two custom scopes '{}'", scope.name);
    }
    for (auto const& [name, scope] : known.scopes_) TRY_VOID(known.check_parts(scope));
    for (auto const& [name, scope] : known.scopes_) {
        std::vector<std::string> above;
        TRY_VOID(known.check_circle(name, above));
    }
    return known;
}

Result<> CustomScopes::check_parts(CustomScope const& scope) const {
    for (auto const& part : scope.subscopes) {
        if (find(part) != nullptr) continue;
        if (find_scope(part) != nullptr)
            return fail_field("custom_scopes.subscopes",
                              "the custom scope '{}' cannot contain '{}', which is one of the "
                              "hub's own: give both by a role",
                              scope.name, for_log(part, 80));
        return fail_field("custom_scopes.subscopes",
                          "the custom scope '{}' contains '{}', and there is no such custom scope",
                          scope.name, for_log(part, 80));
    }
    return {};
}

/// Goes down from each scope; to meet one that is above it is to go in a circle.
Result<> CustomScopes::check_circle(std::string const& name,
                                    std::vector<std::string>& above) const {
    bool const circle = std::ranges::find(above, name) != above.end();
    above.push_back(name);
    if (circle)
        return fail_field("custom_scopes.subscopes",
                          "these custom scopes contain each other in a circle: {}",
                          for_log(fmt::format("{}", fmt::join(above, ", ")), 400));
    for (auto const& part : find(name)->subscopes) TRY_VOID(check_circle(part, above));
    above.pop_back();
    return {};
}

CustomScopes const& CustomScopes::none() {
    static CustomScopes const nothing;
    return nothing;
}

CustomScope const* CustomScopes::find(std::string_view name) const {
    auto const found = scopes_.find(name);
    return found == scopes_.end() ? nullptr : &found->second;
}

}  // namespace carrel::rbac
