#include "config/settings.hpp"

#include "base/image_pattern.hpp"
#include "base/image_reference.hpp"
#include "base/origin_text.hpp"
#include "base/text.hpp"
#include "config/begin_at.hpp"
#include "config/compose_variables.hpp"
#include "config/file.hpp"
#include "config/keys.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

extern char** environ;

namespace carrel {

namespace {

constexpr std::string_view prefix = "CARREL_";

std::string as_variable(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        if (c == '-' || c == '.') c = '_';
    }
    return result;
}

std::vector<std::string_view> keys_of(std::string_view section) {
    std::vector<std::string_view> names;
    for (auto const& key : platform_keys())
        if (key.section == section) names.push_back(key.name);
    return names;
}

/// Whose variables begin with this; made when a variable is its first mention.
template <class Owner>
Owner& owner_named(std::map<std::string, Owner>& owners, std::string_view variable_part) {
    for (auto& [name, owner] : owners)
        if (as_variable(name) == variable_part) return owner;
    auto name = to_lower(variable_part);
    std::ranges::replace(name, '_', '-');
    return owners[name];
}

/// CARREL_ENVIRONMENTS_<NAME>_<KEY> and CARREL_LOGINS_<NAME>_<KEY>.
template <class Owner>
Result<> apply_section_variable(std::map<std::string, Owner>& owners,
                                std::span<Key<Owner> const> keys, std::string const& variable,
                                std::string_view rest, std::string const& text) {
    // The longest name of a key that fits: "_CLIENT_SECRET_FILE" before "_FILE".
    Key<Owner> const* fitting = nullptr;
    for (auto const& key : keys) {
        auto const ending = "_" + as_variable(key.name);
        if (!rest.ends_with(ending) || rest.size() == ending.size()) continue;
        if (fitting == nullptr || key.name.size() > fitting->name.size()) fitting = &key;
    }
    if (fitting != nullptr) {
        auto const& key = *fitting;
        auto const name = rest.substr(0, rest.size() - key.name.size() - 1);
        auto& owner = owner_named(owners, name);
        auto value = read_text(key.field(owner), text);
        if (!value) return fail_field(variable, "{} {}", variable, value.error().message);
        return assign_key(key, owner, *value, variable, std::string(key.name));
    }
    return fail_field(variable, "{} names no setting of {}", variable,
                      std::is_same_v<Owner, LoginSettings> ? "a log-in" : "an environment");
}

Result<> apply_variable(Settings& settings, std::string const& variable, std::string const& text) {
    auto const rest = std::string_view(variable).substr(prefix.size());
    if (constexpr std::string_view environments = "ENVIRONMENTS_"; rest.starts_with(environments))
        return apply_section_variable(settings.environments, environment_keys(), variable,
                                      rest.substr(environments.size()), text);
    if (constexpr std::string_view logins = "LOGINS_"; rest.starts_with(logins))
        return apply_section_variable(settings.logins, login_keys(), variable,
                                      rest.substr(logins.size()), text);
    for (auto const& key : platform_keys()) {
        if (rest != as_variable(key.section) + "_" + as_variable(key.name)) continue;
        auto const full_name = fmt::format("{}.{}", key.section, key.name);
        auto value = read_text(key.field(settings), text);
        if (!value)
            return fail_field(full_name, "{}: {} {}", variable, full_name, value.error().message);
        return assign_key(key, settings, *value, variable, full_name);
    }
    for (auto const& section : sections()) {
        auto const start = as_variable(section) + "_";
        if (!rest.starts_with(start)) continue;
        return fail_field(variable, "{} names no setting of [{}]{}", variable, section,
                          suggestion(to_lower(rest.substr(start.size())), keys_of(section)));
    }
    // Other programs of Carrel have variables too; only those of a known section are ours.
    return {};
}

/// "server.port=8000", or "environments.jupyterlab.command=…".
Result<> apply_override(Settings& settings, std::string_view text) {
    auto const equals = text.find('=');
    if (equals == std::string_view::npos)
        return fail(Code::InvalidArgument, "'{}' is no setting; write it like server.port=8000",
                    for_log(text, 80));
    std::string const full_name(trimmed(text.substr(0, equals)));
    auto const given = text.substr(equals + 1);
    auto const set = [&](auto const& key, auto& owner) -> Result<> {
        auto value = read_text(key.field(owner), given);
        if (!value) return fail_field(full_name, "flag: {} {}", full_name, value.error().message);
        return assign_key(key, owner, *value, "flag", full_name);
    };
    std::vector<std::string> known;
    for (auto const& key : platform_keys()) {
        known.push_back(fmt::format("{}.{}", key.section, key.name));
        if (full_name == known.back()) return set(key, settings);
    }
    auto const parts = split(full_name, '.');
    if (parts.size() == 3 && parts[0] == "environments") {
        TRY_VOID(check_section_name(parts[0], parts[1], "flag"));
        for (auto const& key : environment_keys())
            if (key.name == parts[2]) return set(key, settings.environments[std::string(parts[1])]);
    }
    if (parts.size() == 3 && parts[0] == "logins") {
        TRY_VOID(check_section_name(parts[0], parts[1], "flag"));
        for (auto const& key : login_keys())
            if (key.name == parts[2]) return set(key, settings.logins[std::string(parts[1])]);
    }
    return fail_field(full_name, "flag: there is no setting {}{}", for_log(full_name, 80),
                      suggestion(full_name, {known.begin(), known.end()}));
}

Result<> finish_store(StoreSettings& store, std::filesystem::path const& data,
                      std::filesystem::path const& folder) {
    constexpr std::string_view sqlite = "sqlite:";
    if (store.url.empty()) {
        store.url = fmt::format("{}{}", sqlite, (data / "carrel.sqlite").string());
        return {};
    }
    if (store.url.starts_with("postgresql:") || store.url.starts_with("postgres:"))
        return fail_field("store.url",
                          "store.url: PostgreSQL is not supported yet; leave it empty "
                          "for SQLite");
    if (!store.url.starts_with(sqlite) || store.url.size() == sqlite.size())
        return fail_field("store.url", "store.url begins with sqlite: and a path");
    auto const path = std::filesystem::path(store.url.substr(sqlite.size()));
    store.url = fmt::format("{}{}", sqlite, (folder / path).lexically_normal().string());
    return {};
}

/// What an environment with an image says must make sense in a container.
Result<> finish_container(EnvironmentSettings const& environment, std::string const& name) {
    if (environment.image.empty()) {
        if (!environment.allowed_images.empty())
            return fail_field(name + ".allowed_images",
                              "{}.allowed_images is for one with an image", name);
        if (!environment.writable_root) return {};
        return fail_field(name + ".writable_root", "{}.writable_root is for one with an image",
                          name);
    }
    if (auto const image = parse_image_reference(environment.image); !image)
        return fail_field(name + ".image", "{}.image: {}", name, image.error().message);
    for (auto const& text : environment.allowed_images)
        if (auto const pattern = ImagePattern::parse(text); !pattern)
            return fail_field(name + ".allowed_images", "{}.allowed_images: {}", name,
                              pattern.error().message);
    return {};
}

Result<> finish_environment(EnvironmentSettings& environment) {
    auto const name = "environments." + environment.name;
    if (environment.command.empty() && environment.image.empty())
        return fail_field(name + ".command", "{}.command is missing: what does a server run?",
                          name);
    TRY_VOID(finish_container(environment, name));
    if (!environment.default_url.starts_with('/'))
        return fail_field(name + ".default_url", "{}.default_url begins with /", name);
    for (auto const& path : environment.read_only)
        if (!path.is_absolute())
            return fail_field(name + ".read_only", "{}.read_only: '{}' is not an absolute path",
                              name, path.string());
    if (environment.title.empty()) environment.title = environment.name;
    return {};
}

Result<> finish_limits(LimitSettings const& limits) {
    auto const check = [](std::string_view name, double usual, double most) -> Result<> {
        if (usual <= most) return {};
        return fail_field(fmt::format("limits.{}_default", name),
                          "limits.{0}_default is at most limits.{0}_max, which is {1}", name, most);
    };
    TRY_VOID(check("cpu", limits.cpu_default, limits.cpu_max));
    TRY_VOID(check("memory_gib", limits.memory_gib_default, limits.memory_gib_max));
    TRY_VOID(check("storage_gib", limits.storage_gib_default, limits.storage_gib_max));
    return check("participants", limits.participants_default, limits.participants_max);
}

Result<> finish_accounts(AccountSettings const& accounts) {
    for (auto const& role : accounts.second_factor_roles)
        if (role != "administrator" && role != "leader" && role != "everybody")
            return fail_field("accounts.second_factor_roles",
                              "accounts.second_factor_roles has administrator, leader or "
                              "everybody, not '{}'",
                              role);
    return {};
}

Result<> finish_access(AccessSettings& access, std::filesystem::path const& folder) {
    constexpr size_t longest_contact = 200;
    bool const one_line = access.contact.find_first_of("\r\n\t") == std::string::npos &&
                          access.contact.size() <= longest_contact;
    if (!one_line)
        return fail_field("access.contact", "access.contact is one line of at most {} bytes",
                          longest_contact);
    begin_at(folder, access.userlist);
    return {};
}

/// Needs to know how the public port speaks.
Result<> finish_origins(ServerSettings& server) {
    if (server.public_url.ends_with('/')) server.public_url.pop_back();
    if (!server.public_url.empty() && !is_origin(server.public_url))
        return fail_field(
            "server.public_url",
            "server.public_url is like \"https://hub.example.org\", in small letters and "
            "without a path");
    if (server.user_domain.empty()) return {};
    if (!is_host_name(server.user_domain))
        return fail_field(
            "server.user_domain",
            "server.user_domain is a host name in small letters, as \"hub.example.org\"");
    if (server.tls == "acme")
        return fail_field("server.user_domain",
                          "server.user_domain needs a certificate for all names below it, which "
                          "server.tls = \"acme\" cannot get; give one by tls_cert and tls_key");
    if (!server.public_url.empty()) return {};
    if (!is_host_name(server.domain))
        return fail_field(
            "server.domain",
            "server.user_domain needs server.domain (or server.public_url), the name of "
            "the platform itself");
    if (server.port == 0)
        return fail_field("server.public_url",
                          "server.user_domain with server.port = 0 needs server.public_url");
    bool const secure = server.tls != "off";
    server.public_url = fmt::format("{}://{}", secure ? "https" : "http", server.domain);
    if (server.port != (secure ? 443 : 80)) server.public_url += fmt::format(":{}", server.port);
    return {};
}

Result<> finish_tls(ServerSettings& server, std::filesystem::path const& folder) {
    bool const files = !server.tls_cert.empty() || !server.tls_key.empty();
    if (server.tls.empty()) server.tls = files ? "files" : "off";
    if (files && server.tls != "files")
        return fail_field("server.tls",
                          "server.tls is \"{}\", so tls_cert and tls_key are of no use",
                          server.tls);
    if (server.tls == "files" && (server.tls_cert.empty() || server.tls_key.empty()))
        return fail_field(server.tls_cert.empty() ? "server.tls_cert" : "server.tls_key",
                          "server.tls_cert and server.tls_key are of use only together");
    for (auto* const file : {&server.tls_cert, &server.tls_key})
        if (!file->empty()) *file = (folder / *file).lexically_normal().string();
    if (server.tls == "acme" && server.domain.empty())
        return fail_field("server.domain", "server.tls = \"acme\" needs server.domain");
    if (server.tls == "acme" && server.redirect_port == 0)
        return fail_field("server.redirect_port",
                          "server.tls = \"acme\" needs server.redirect_port = 80, where the "
                          "authority asks");
    if (server.tls == "off" && (server.redirect_port != 0 || server.hsts_seconds != 0))
        return fail_field(
            server.redirect_port != 0 ? "server.redirect_port" : "server.hsts_seconds",
            "server.redirect_port and server.hsts_seconds need server.tls");
    return {};
}

/// Its token, from where it is kept; the settings themselves never hold one.
Result<> read_api_token(ServiceSettings& service, std::filesystem::path const& folder) {
    auto const where = fmt::format("the service '{}'", service.name);
    bool const by_file = !service.api_token_file.empty();
    if (by_file && !service.api_token_variable.empty())
        return fail_field("services.api_token_file",
                          "{} has its token in a file or in a variable, not in both", where);
    if (by_file) {
        auto const path = folder / service.api_token_file;
        std::ifstream file(path);
        if (!std::getline(file, service.api_token))
            return fail_field("services.api_token_file", "{}: {} cannot be read", where,
                              path.string());
        service.api_token = std::string(trimmed(service.api_token));
    } else if (!service.api_token_variable.empty()) {
        char const* const value = std::getenv(service.api_token_variable.c_str());
        if (value == nullptr)
            return fail_field("services.api_token_variable", "{}: there is no variable {}", where,
                              service.api_token_variable);
        service.api_token = value;
    } else {
        return {};
    }
    constexpr size_t shortest = 32;
    if (service.api_token.size() < shortest)
        return fail_field("services.api_token_file", "{}: its token has at least {} characters",
                          where, shortest);
    return {};
}

/// What depends on more than one key, and what cannot be promised yet.
Result<> finish(Settings& settings, std::filesystem::path const& folder) {
    auto& server = settings.server;
    TRY_VOID(finish_tls(server, folder));
    TRY_VOID(finish_origins(server));
    if (server.ip.empty()) return fail_field("server.ip", "server.ip is empty");
    server.data = (folder / server.data).lexically_normal();
    if (!server.data.has_filename()) server.data = server.data.parent_path();
    TRY_VOID(finish_store(settings.store, server.data, folder));
    TRY_VOID(finish_limits(settings.limits));
    TRY_VOID(finish_accounts(settings.accounts));
    TRY_VOID(finish_mail(settings.mail, server.public_url, folder));
    TRY_VOID(finish_access(settings.access, folder));
    begin_at(folder, settings.docker.registry_logins);
    for (auto& [name, environment] : settings.environments) {
        environment.name = name;
        TRY_VOID(finish_environment(environment));
    }
    for (auto& [name, login] : settings.logins) {
        login.name = name;
        TRY_VOID(finish_login(login, folder));
    }
    for (auto& service : settings.services) {
        TRY_VOID(read_api_token(service, folder));
        if (!service.cwd.empty()) service.cwd = (folder / service.cwd).lexically_normal().string();
    }
    return {};
}

}  // namespace

std::map<std::string, std::string> carrel_environment() {
    std::map<std::string, std::string> all;
    for (char** each = environ; *each != nullptr; ++each) {
        std::string_view const variable(*each);
        auto const equals = variable.find('=');
        if (equals != std::string_view::npos)
            all.emplace(variable.substr(0, equals), variable.substr(equals + 1));
    }
    if (auto const kind = all.find("CARREL_VARIABLES");
        kind != all.end() && kind->second == "compose")
        return translate_compose_variables(all);
    std::erase_if(all, [](auto const& each) { return !each.first.starts_with(prefix); });
    return all;
}

Result<Settings> load_settings(Sources const& sources) {
    Settings settings;
    for (auto const& file : sources.files) TRY_VOID(apply_file(settings, file));
    for (auto const& [variable, text] : sources.environment)
        if (variable.starts_with(prefix)) TRY_VOID(apply_variable(settings, variable, text));
    for (auto const& text : sources.overrides) TRY_VOID(apply_override(settings, text));
    TRY_VOID(finish(settings, sources.folder));
    return settings;
}

}  // namespace carrel
