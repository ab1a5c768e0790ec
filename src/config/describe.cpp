#include "config/keys.hpp"
#include "config/settings.hpp"

namespace carrel {

namespace {

/// "postgresql://ada:***@host/name": what stands between a name and a host may be a password.
std::string without_password(std::string url) {
    auto const scheme = url.find("://");
    auto const host = url.rfind('@');
    if (scheme == std::string::npos || host == std::string::npos || host < scheme) return url;
    auto const colon = url.find(':', scheme + 3);
    if (colon < host) url.replace(colon + 1, host - colon - 1, "***");
    return url;
}

std::string upper(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return result;
}

template <class Owner>
std::string row(Key<Owner> const& key, std::string_view variable) {
    Owner usual;
    auto const field = key.field(usual);
    auto type = type_of(field);
    if (key.bounds.any()) type += fmt::format(", {} to {}", key.bounds.least, key.bounds.most);
    if (!key.choices.empty()) type = fmt::format("one of `{}`", fmt::join(key.choices, "`, `"));
    return fmt::format("| `{}` | {} | `{}` | `{}` | {} |\n", key.name, type, show(field), variable,
                       key.meaning);
}

/// What a file alone can hold.
template <class Owner>
std::string rows(std::span<Key<Owner> const> keys) {
    std::string text;
    for (auto const& key : keys) text += row(key, "—");
    return text;
}

template <class Owner>
std::string print_list(std::string_view section, std::vector<Owner>& owners,
                       std::span<Key<Owner> const> keys) {
    std::string text;
    for (auto& owner : owners) {
        text += fmt::format("[[{}]]\n", section);
        for (auto const& key : keys)
            text += fmt::format("{} = {}\n", key.name, show(key.field(owner)));
        text += "\n";
    }
    return text;
}

constexpr std::string_view heading =
    "| key | takes | default | variable | meaning |\n|---|---|---|---|---|\n";

}  // namespace

std::string print_settings(Settings const& settings) {
    auto shown = settings;
    shown.store.url = without_password(shown.store.url);
    std::string text;
    for (auto const& section : sections()) {
        text += fmt::format("[{}]\n", section);
        for (auto const& key : platform_keys())
            if (key.section == section)
                text += fmt::format("{} = {}\n", key.name, show(key.field(shown)));
        text += "\n";
    }
    for (auto& [name, environment] : shown.environments) {
        text += fmt::format("[environments.{}]\n", name);
        for (auto const& key : environment_keys())
            text += fmt::format("{} = {}\n", key.name, show(key.field(environment)));
        text += "\n";
    }
    for (auto& [name, login] : shown.logins) {
        if (!login.client_secret_file.empty()) login.client_secret.clear();
        if (!login.client_secret.empty()) login.client_secret = "***";
        text += fmt::format("[logins.{}]\n", name);
        for (auto const& key : login_keys())
            text += fmt::format("{} = {}\n", key.name, show(key.field(login)));
        text += "\n";
    }
    text += print_list("roles", shown.roles, role_keys());
    text += print_list("services", shown.services, service_keys());
    return text + print_list("custom_scopes", shown.custom_scopes, custom_scope_keys());
}

std::string describe_settings_markdown() {
    std::string text = R"(# Configuration

This page is written by a test from `src/config/keys.cpp`; after a change there,
`UPDATE_DOCS=1 build/release/src/config_test --gtest_filter='ConfigDocument.*'` writes it anew.

Settings come from TOML files (`--config FILE`, several are laid over each other), then from environment
variables, then from flags (`--port`, or `--set section.key=value`); the later one wins. Environments of several
files are joined by name. An unknown key, a wrong type or a value out of range is an error that names the
place. `carrel check-config` checks, `carrel print-config` shows the outcome without secrets.

```toml
[server]
ip = "0.0.0.0"
port = 8000
data = "/var/lib/carrel"

[environments.jupyterlab]
title = "JupyterLab"
command = ["/opt/carrel/notebook/bin/jupyter-lab", "--ServerApp.sock={socket}", "--ServerApp.base_url={base_url}"]
read_only = ["/opt/carrel/notebook"]
```
)";
    for (auto const& section : sections()) {
        text += fmt::format("\n## [{}]\n\n{}", section, heading);
        for (auto const& key : platform_keys())
            if (key.section == section)
                text += row(key, fmt::format("CARREL_{}_{}", upper(section), upper(key.name)));
    }
    text += fmt::format(
        "\n## [environments.&lt;name&gt;]\n\nWhat servers run; a course names one. The name has "
        "the "
        "letters a to z, digits and dashes\n(in a variable, underscores).\n\n{}",
        heading);
    for (auto const& key : environment_keys()) {
        // A table has no form on one line of text.
        Key<EnvironmentSettings> const& each = key;
        text += row(each, each.name == "variables"
                              ? std::string("—")
                              : fmt::format("CARREL_ENVIRONMENTS_<NAME>_{}", upper(each.name)));
    }
    text += fmt::format(
        "\n## [logins.&lt;name&gt;]\n\nWith whose accounts people log in, beside passwords "
        "([how](../howto/log-in-with-openid-connect.md)).\nThe name is part of addresses; it has "
        "the letters a to z, digits and dashes (in a variable, underscores).\n\n{}",
        heading);
    for (auto const& key : login_keys())
        text += row(key, fmt::format("CARREL_LOGINS_<NAME>_{}", upper(key.name)));
    text += fmt::format(
        "\n## [[roles]]\n\nRoles of courses' hubs, as JupyterHub's `load_roles` has them "
        "([how](../howto/services.md)).\n\n{}{}",
        heading, rows(role_keys()));
    text += fmt::format(
        "\n## [[services]]\n\nPrograms beside courses' hubs ([how](../howto/services.md)).\n\n{}{}",
        heading, rows(service_keys()));
    text += fmt::format(
        "\n## [[custom_scopes]]\n\nScopes that services have made up, as JupyterHub's "
        "`custom_scopes` has them\n([how](../howto/services.md#scopes-of-your-own)).\n\n{}{}",
        heading, rows(custom_scope_keys()));
    return text;
}

}  // namespace carrel
