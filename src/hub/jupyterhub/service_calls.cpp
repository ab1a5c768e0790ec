#include "hub/jupyterhub/service_calls.hpp"

#include "auth/secret.hpp"
#include "base/text.hpp"
#include "hub/jupyterhub/answers.hpp"
#include "hub/jupyterhub/audit.hpp"
#include "hub/jupyterhub/bodies.hpp"

#include <algorithm>
#include <array>

namespace carrel::jupyterhub {

namespace {

using nlohmann::json;

constexpr size_t shortest_token = 32;

/// A service that somebody makes known, and its token.
struct Wish {
    HubService service;
    std::string token;
    bool made_token = false;  ///< by us, so that it is shown, once
};

Result<> check_url(std::string_view url) {
    // A socket of this machine is the operator's to name, in the configuration.
    if (url.empty() || url.starts_with("http://") || url.starts_with("https://")) return {};
    return fail(Code::InvalidArgument, "'url' begins with http:// or https://");
}

Result<Wish> read_wish(json const& body, std::string const& name, Random& random) {
    constexpr std::array<std::string_view, 8> known{
        "name",    "admin",     "url", "oauth_redirect_uri", "oauth_no_confirm",
        "display", "api_token", "info"};
    for (auto const& [key, value] : body.items())
        if (std::ranges::find(known, key) == known.end())
            return fail(Code::InvalidArgument, "Invalid JSON key: {}", for_log(key, 40));
    Wish wish;
    auto& service = wish.service;
    service.name = name;
    TRY(auto const named, text_in(body, "name"));
    if (!is_service_name(name) || named.value_or(name) != name)
        return fail(Code::InvalidArgument, "Invalid service name: {}", for_log(name, 80));
    TRY(auto const admin, truth_in(body, "admin"));
    service.administrator = admin.value_or(false);
    TRY(auto const url, text_in(body, "url"));
    service.url = url.value_or("");
    TRY_VOID(check_url(service.url));
    TRY(auto const redirect, text_in(body, "oauth_redirect_uri"));
    service.redirect_uri = redirect.value_or("");
    TRY(auto const no_confirm, truth_in(body, "oauth_no_confirm"));
    service.no_confirm = no_confirm.value_or(false);
    TRY(auto const display, truth_in(body, "display"));
    service.display = display.value_or(true);
    TRY(auto const info, object_text_in(body, "info"));
    service.info = info.value_or("{}");
    TRY(auto const token, text_in(body, "api_token"));
    if (token && (token->size() < shortest_token || token->starts_with(token_prefix)))
        return fail(Code::InvalidArgument, "'api_token' has at least {} characters",
                    shortest_token);
    wish.made_token = !token;
    wish.token = token ? *token : random.hex(16);
    return wish;
}

/// A service with the role "admin" is given by those who have all of it themselves.
Result<> check_may_give(Caller const& caller, HubService const& service) {
    if (!service.administrator) return {};
    std::vector<std::string> const admin{"admin"};
    if (caller.scopes.contains(caller.book->scopes_of(admin, {.service = service.name}),
                               caller.in_group))
        return {};
    return fail(Code::PermissionDenied, "only who has the role 'admin' may give it to a service");
}

Result<> insert(Transaction& transaction, Caller const& caller, Wish const& wish, Time now) {
    auto const& service = wish.service;
    auto const taken = fail(Code::Conflict, "Service {} already exists", service.name);
    auto const made = transaction.hub_services().insert(service);
    if (!made && made.error().code == Code::Conflict) return taken;
    TRY_VOID(made);
    auto const kept = transaction.hub_tokens().insert(
        service_token(service.course, service.name, wish.token, now));
    if (!kept && kept.error().code == Code::Conflict)
        return fail(Code::InvalidArgument, "this token belongs to somebody already");
    TRY_VOID(kept);
    return note_change(transaction, caller, now,
                       {.kind = "service_created",
                        .message = fmt::format("made the service {} known", service.name)});
}

}  // namespace

void ServiceCalls::add_routes(http::Router& router) {
    ApiRoutes routes(router, *this);
    routes.add("GET", "/services", &ServiceCalls::list);
    routes.add("GET", "/services/{service}", &ServiceCalls::one);
    routes.add("POST", "/services/{service}", &ServiceCalls::make);
    routes.add("DELETE", "/services/{service}", &ServiceCalls::remove);
}

/// A service, with what the caller may see of it.
json ServiceCalls::model(Caller const& caller, Service const& service) const {
    auto const& slug = caller.course.request.slug;
    rbac::Target const target{.service = service.name};
    auto const roles = rights_of(*caller.book, caller.course, service).roles;
    bool const admin = std::ranges::find(roles, "admin") != roles.end();
    json model{{"kind", "service"}, {"name", service.name}, {"admin", admin}};
    if (caller.may("read:roles:services", target)) model["roles"] = roles;
    if (!caller.may("read:services", target)) return model;
    model["url"] = service.url.empty() ? json(nullptr) : json(service.url);
    model["prefix"] =
        service.url.empty() ? json(nullptr) : json(use_.paths.service(slug, service.name));
    // Its arguments are the operator's, and may be secret.
    bool const manages = caller.may("admin:services", target);
    model["command"] = manages ? json(service.command) : json::array();
    auto const process = services_.process_of(slug, service.name);
    model["pid"] = process ? *process : 0;
    model["info"] = json::parse(service.info, nullptr, false);
    model["display"] = service.display;
    return model;
}

ServiceCalls::Answer ServiceCalls::list(http::Request& request) {
    std::vector<Service> services;
    CO_TRY(auto const caller, co_await use_.pool.run([&]() -> Result<Caller> {
        TRY(auto who, callers_.identify(request));
        TRY_VOID(require_some(who, "list:services"));
        TRY(services, use_.store.read([&](Transaction& transaction) {
            return callers_.services().of_course(transaction, who.course);
        }));
        return who;
    }));
    json models = json::object();
    for (auto const& service : services)
        if (caller.may("list:services", {.service = service.name}))
            models[service.name] = model(caller, service);
    co_return http::Response::json(models);
}

ServiceCalls::Answer ServiceCalls::one(http::Request& request) {
    auto const& name = request.parameter("service");
    Service service;
    CO_TRY(auto const caller, co_await use_.pool.run([&]() -> Result<Caller> {
        TRY(auto who, callers_.identify(request));
        TRY_VOID(require_scope(who, "read:services:name", {.service = name}));
        TRY(service, use_.store.read([&](Transaction& transaction) {
            return callers_.services().find(transaction, who.course, name);
        }));
        return who;
    }));
    co_return http::Response::json(model(caller, service));
}

ServiceCalls::Answer ServiceCalls::make(http::Request& request) {
    auto const& name = request.parameter("service");
    Wish wish;
    CO_TRY(auto const caller, co_await use_.pool.run([&]() -> Result<Caller> {
        TRY(auto who, callers_.identify(request));
        TRY_VOID(require_scope(who, "admin:services", {.service = name}));
        TRY(auto const body, object_in(request));
        TRY(wish, read_wish(body, name, use_.random));
        TRY_VOID(check_may_give(who, wish.service));
        wish.service.course = who.course.id;
        wish.service.created_at = use_.clock.now();
        if (callers_.services().configured(who.course.request.slug, name) != nullptr)
            return fail(Code::Conflict, "Service {} already exists", name);
        TRY_VOID(use_.store.write([&](Transaction& transaction) {
            return insert(transaction, who, wish, use_.clock.now());
        }));
        return who;
    }));
    auto made = model(caller, to_service(wish.service));
    if (wish.made_token) made["api_token"] = wish.token;
    auto answer = http::Response::json(made, 201);
    answer.headers.set("Cache-Control", "no-store");
    co_return answer;
}

ServiceCalls::Answer ServiceCalls::remove(http::Request& request) {
    auto const& name = request.parameter("service");
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const caller, callers_.identify(request));
        TRY_VOID(require_scope(caller, "admin:services", {.service = name}));
        if (callers_.services().configured(caller.course.request.slug, name) != nullptr) {
            auto refusal = error_answer(
                {.code = Code::InvalidArgument,
                 .message = "Service " + name + " is in the configuration, and ends with it"});
            refusal.status = 405;
            return refusal;
        }
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            TRY_VOID(callers_.services().find(transaction, caller.course, name));
            TRY_VOID(transaction.hub_tokens().remove_of_service(caller.course.id, name));
            TRY_VOID(transaction.hub_services().remove(caller.course.id, name));
            TRY_VOID(note_change(transaction, caller, use_.clock.now(),
                                 {.kind = "service_deleted",
                                  .message = fmt::format("deleted the service {}", name)}));
            return http::Response::empty(200);
        });
    });
}

}  // namespace carrel::jupyterhub
