#include "app/hub_programs.hpp"

#include "auth/secret.hpp"
#include "base/text.hpp"

#include <set>

namespace carrel {

namespace {

/// Below the numbers of homes, which begin at 200,000.
constexpr unsigned first_account = 190'000;
constexpr size_t most_services = 1'000;
constexpr std::string_view own_port = "http://127.0.0.1:{port}";

Result<> check_service(ServiceSettings const& service, rbac::RoleBook const& roles) {
    auto const where = fmt::format("the service '{}'", for_log(service.name, 80));
    if (!is_service_name(service.name))
        return fail_field("services.name",
                          "{}: its name has 1 to 63 of the letters a to z, digits and . _ -, and "
                          "begins with a letter or digit",
                          where);
    for (auto const& role : service.roles)
        if (!roles.find(role))
            return fail_field("services.roles", "{}: there is no role '{}'", where,
                              for_log(role, 80));
    rbac::Holder const somebody{.user = "somebody", .service = service.name};
    if (auto const scopes = rbac::ScopeSet::expand(service.oauth_client_allowed_scopes, somebody,
                                                   roles.custom_scopes());
        !scopes)
        return fail_field("services.oauth_client_allowed_scopes", "{}: {}", where,
                          scopes.error().message);
    bool const managed = !service.command.empty();
    if (managed && !service.api_token.empty())
        return fail_field("services.api_token_file",
                          "{}: the hub runs it and gives it a token at each start", where);
    if (managed && !service.url.empty() && service.url != own_port)
        return fail_field("services.url",
                          "{}: the hub runs it, one for each course, so its url is \"{}\"", where,
                          own_port);
    if (!managed && !service.url.empty() && !service.url.starts_with("http://") &&
        !service.url.starts_with("https://") && !service.url.starts_with("http+unix://"))
        return fail_field("services.url", "{}: its url begins with http:// or http+unix://", where);
    return {};
}

Service to_service(ServiceSettings const& from, unsigned account) {
    Service service{.name = from.name, .url = from.url};
    if (!from.api_token.empty()) service.token_hash = hash_secret(from.api_token);
    service.administrator = from.admin;
    service.roles = from.roles;
    service.command = from.command;
    service.folder = from.cwd;
    service.variables = from.environment;
    service.redirect_uri = from.oauth_redirect_uri;
    service.client_scopes = from.oauth_client_allowed_scopes;
    service.no_confirm = from.oauth_no_confirm;
    service.display = from.display;
    service.courses = from.courses;
    service.account = account;
    return service;
}

}  // namespace

Result<HubPrograms> hub_programs(Settings const& settings) {
    HubPrograms programs;
    std::vector<rbac::RoleGrant> grants;
    for (auto const& role : settings.roles)
        grants.push_back(
            {.role = {.name = role.name, .description = role.description, .scopes = role.scopes},
             .users = role.users,
             .groups = role.groups,
             .services = role.services,
             .courses = role.courses});
    std::vector<rbac::CustomScope> scopes;
    for (auto const& [name, description, subscopes] : settings.custom_scopes)
        scopes.push_back({.name = name, .description = description, .subscopes = subscopes});
    TRY(auto custom, rbac::CustomScopes::create(scopes));
    TRY(programs.roles, rbac::RoleBook::create(std::move(grants), std::move(custom)));
    if (settings.services.size() > most_services)
        return fail_field("services", "there are at most {} services", most_services);
    std::set<std::string> names;
    std::vector<Service> services;
    for (auto const& service : settings.services) {
        TRY_VOID(check_service(service, programs.roles));
        if (!names.insert(service.name).second)
            return fail_field("services.name", "there are two services '{}'", service.name);
        services.push_back(
            to_service(service, first_account + static_cast<unsigned>(services.size())));
    }
    for (auto const& role : settings.roles)
        for (auto const& name : role.services)
            if (!names.contains(name))
                return fail_field("roles.services", "the role '{}': there is no service '{}'",
                                  role.name, for_log(name, 80));
    programs.services = ServiceBook(std::move(services));
    return programs;
}

}  // namespace carrel
