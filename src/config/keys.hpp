#pragma once

/// The one description of every key: its name, where it is kept, what it takes, what it means.

#include "config/settings.hpp"
#include "config/value.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carrel {

template <class Owner>
struct Key {
    std::string_view section;  ///< "server"; empty in an environment
    std::string_view name;
    Field (*field)(Owner&);
    Bounds bounds = {};
    std::vector<std::string_view> choices = {};
    std::string_view meaning;
};

[[nodiscard]] std::span<Key<Settings> const> platform_keys();
/// Those of them that belong to mail; in platform_keys(), too.
[[nodiscard]] std::span<Key<Settings> const> mail_keys();
/// Those of [access], which are among them.
[[nodiscard]] std::vector<Key<Settings>> const& access_keys();
/// Those of each [environments.<name>].
[[nodiscard]] std::span<Key<EnvironmentSettings> const> environment_keys();

/// Those of each [logins.<name>].
[[nodiscard]] std::span<Key<LoginSettings> const> login_keys();
/// Those of them that belong to directories; in login_keys(), too.
[[nodiscard]] std::span<Key<LoginSettings> const> directory_keys();

/// Those of each [[roles]] and of each [[services]].
[[nodiscard]] std::span<Key<RoleSettings> const> role_keys();
[[nodiscard]] std::span<Key<ServiceSettings> const> service_keys();
/// And of each [[custom_scopes]].
[[nodiscard]] std::span<Key<CustomScopeSettings> const> custom_scope_keys();

/// Sections in the order of the reference.
[[nodiscard]] std::vector<std::string_view> sections();

/// "; did you mean 'port'?" for the known name that is nearest to what was written, or nothing.
[[nodiscard]] std::string suggestion(std::string_view written,
                                     std::vector<std::string_view> const& known);

/// Assigns, and says in the error which key it was and where it stands. `where` is
/// "carrel.toml:3", "CARREL_SERVER_PORT" or "flag".
template <class Owner>
Result<> assign_key(Key<Owner> const& key, Owner& owner, Value const& value, std::string_view where,
                    std::string const& full_name) {
    auto assigned = assign(key.field(owner), value, key.bounds);
    if (assigned && !key.choices.empty()) {
        auto const& chosen = *std::get<std::string*>(key.field(owner));
        bool known = false;
        for (auto const& choice : key.choices) known = known || chosen == choice;
        if (!known)
            assigned = fail(Code::InvalidArgument, "is one of: {}", fmt::join(key.choices, ", "));
    }
    if (assigned) return {};
    return fail_field(full_name, "{}: {} {}", where, full_name, assigned.error().message);
}

}  // namespace carrel
