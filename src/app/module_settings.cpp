/// What the modules are told, from the settings.

#include "app/wiring.hpp"

namespace carrel {

namespace {

std::vector<ImagePattern> patterns(EnvironmentSettings const& settings) {
    std::vector<ImagePattern> all;
    for (auto const& text : settings.allowed_images)
        all.push_back(ImagePattern::parse(text).value());  // looked at when they were loaded
    return all;
}

Environment to_environment(EnvironmentSettings const& settings) {
    return {
        .name = settings.name,
        .kind = settings.kind == "jupyterhub" ? EnvironmentKind::JupyterHub : EnvironmentKind::Edge,
        .title = settings.title,
        .description = settings.description,
        .command = settings.command,
        .image = settings.image,
        .allowed_images = patterns(settings),
        .writable_root = settings.writable_root,
        .default_url = settings.default_url,
        .strip_base_url = settings.strip_base_url,
        .read_only = settings.read_only,
        .variables = settings.variables,
        .ready_path = settings.ready_path};
}

}  // namespace

CourseLimits course_limits(Settings const& settings) {
    auto const& from = settings.limits;
    CourseLimits limits;
    limits.most_participants = from.participants_max;
    limits.usual_participants = from.participants_default;
    limits.cpu = {.least = limits.cpu.least, .most = from.cpu_max, .usual = from.cpu_default};
    limits.memory_gib = {.least = limits.memory_gib.least,
                         .most = from.memory_gib_max,
                         .usual = from.memory_gib_default};
    limits.storage_gib = {.least = limits.storage_gib.least,
                          .most = from.storage_gib_max,
                          .usual = from.storage_gib_default};
    for (auto const& [name, environment] : settings.environments)
        limits.environments.push_back(name);
    for (auto const& [name, environment] : settings.environments)
        limits.images.emplace(name, patterns(environment));
    return limits;
}

Origins origins(Settings const& settings) {
    auto const& server = settings.server;
    return server.user_domain.empty() ? Origins() : Origins(server.public_url, server.user_domain);
}

FactorRule factor_rule(Settings const& settings) {
    FactorRule rule{.after_provider = settings.accounts.second_factor_after_provider};
    for (auto const& role : settings.accounts.second_factor_roles) {
        rule.administrators = rule.administrators || role == "administrator";
        rule.leaders = rule.leaders || role == "leader";
        rule.everybody = rule.everybody || role == "everybody";
    }
    return rule;
}

HubSettings hub_settings(Settings const& settings) {
    HubSettings hub;
    hub.concurrent_starts = static_cast<size_t>(settings.hub.concurrent_starts);
    hub.start_timeout = settings.hub.start_timeout;
    hub.stop_timeout = settings.hub.stop_timeout;
    hub.idle_timeout = settings.hub.idle_timeout;
    hub.idle_warning = settings.hub.idle_warning;
    hub.named_servers = static_cast<size_t>(settings.hub.named_servers);
    hub.sharing = settings.hub.sharing;
    for (auto const& [name, environment] : settings.environments)
        hub.environments.emplace(name, to_environment(environment));
    return hub;
}

DispatcherOptions dispatcher_options(Settings const& settings, std::string const& instance) {
    auto const& from = settings.dispatcher;
    auto const whole = [](Milliseconds time) { return std::chrono::ceil<Seconds>(time); };
    return {.transitions = {.policy = {.lead = whole(from.lead)},
                            .deploy_deadline = whole(from.deploy_deadline),
                            .degrade_deadline = whole(from.degrade_deadline),
                            .instance = instance},
            .tick = from.tick};
}

}  // namespace carrel
