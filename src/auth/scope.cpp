#include "auth/scope.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace carrel {

namespace {

constexpr std::array names{
    std::pair{Scope::Self, std::string_view("self")},
    std::pair{Scope::CoursesRead, std::string_view("courses:read")},
    std::pair{Scope::CoursesWrite, std::string_view("courses:write")},
    std::pair{Scope::ParticipantsWrite, std::string_view("participants:write")},
    std::pair{Scope::Governance, std::string_view("governance")},
    std::pair{Scope::Servers, std::string_view("servers")},
    std::pair{Scope::AccessServers, std::string_view("access:servers")},
    std::pair{Scope::AdminUsers, std::string_view("admin:users")},
};

}  // namespace

std::string_view name_of(Scope scope) {
    auto const* const found = std::ranges::find(names, scope, &decltype(names)::value_type::first);
    return found->second;
}

Scopes all_scopes() {
    Scopes scopes;
    for (auto const& [scope, name] : names) scopes.insert(scope);
    return scopes;
}

Result<Scopes> parse_scopes(std::string_view text) {
    Scopes scopes;
    for (auto const name : split(text, ' ')) {
        if (name.empty()) continue;
        auto const* const found =
            std::ranges::find(names, name, &decltype(names)::value_type::second);
        if (found == names.end())
            return fail_field("scopes", "there is no scope '{}'", for_log(name, 40));
        scopes.insert(found->first);
    }
    return scopes;
}

std::string format_scopes(Scopes const& scopes) {
    std::string text;
    for (auto const scope : scopes) {
        if (!text.empty()) text += ' ';
        text += name_of(scope);
    }
    return text;
}

}  // namespace carrel
