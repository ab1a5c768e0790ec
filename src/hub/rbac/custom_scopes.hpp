#pragma once

/// Scopes that a platform has made up for its services: "custom:grades:write". What they allow is
/// for the services to say; here is what they are called, which others each one contains, and how
/// that is told to people. Read at start, constant from then on; any thread.

#include "base/result.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::rbac {

struct CustomScope {
    std::string name;
    std::string description;             ///< for people who are asked whether a service may have it
    std::vector<std::string> subscopes;  ///< custom ones, contained directly
};

class CustomScopes {
public:
    CustomScopes() = default;
    /// InvalidArgument, in a sentence: a wrong name, one without a description or there twice, a
    /// part that is none of these, or scopes that contain each other in a circle.
    [[nodiscard]] static Result<CustomScopes> create(std::vector<CustomScope> const& scopes);
    [[nodiscard]] static CustomScopes const& none();

    /// Null when there is no such scope.
    [[nodiscard]] CustomScope const* find(std::string_view name) const;

private:
    [[nodiscard]] Result<> check_parts(CustomScope const& scope) const;
    [[nodiscard]] Result<> check_circle(std::string const& name,
                                        std::vector<std::string>& above) const;

    std::map<std::string, CustomScope, std::less<>> scopes_;
};

}  // namespace carrel::rbac
