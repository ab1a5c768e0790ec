#include "hub/services/services.hpp"

#include "auth/secret.hpp"
#include "runtime/log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel {

namespace {

/// A service that has run for so long has not failed at its start.
constexpr Milliseconds settled{60'000};
constexpr Milliseconds longest_backoff{60'000};
constexpr Milliseconds patience{5'000};
constexpr int courses_at_once = 500;

Milliseconds backoff(int failures) {
    return std::min<Milliseconds>(Milliseconds(1'000) * (1LL << std::min(failures, 6)),
                                  longest_backoff);
}

/// The target of its pages' route: the path of a URL would be put before each request's.
std::string target_of(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url;
}

Result<std::vector<Course>> deployed_courses(Transaction& transaction) {
    std::vector<Course> all;
    Page page{.limit = courses_at_once, .after = {}};
    for (;;) {
        TRY(auto some, transaction.courses().list(
                           {.state = CourseState::Deployed, .concerning = std::nullopt}, page));
        bool const last = some.size() < static_cast<size_t>(page.limit);
        if (!some.empty()) page.after = some.back().request.slug;
        std::ranges::move(some, std::back_inserter(all));
        if (last) return all;
    }
}

/// What an ending means, as a shell says it.
std::string cause_of(int code, Service const& service) {
    if (code == 127)
        return fmt::format("the program {} cannot be found; see `command` of the service",
                           service.command.front());
    if (code == 126)
        return fmt::format("the program {} cannot be run by the service's own account",
                           service.command.front());
    return "it ended by itself; see its log";
}

}  // namespace

std::map<std::string, std::string> service_variables(HubPaths const& paths, std::string_view slug,
                                                     Service const& service,
                                                     std::string const& token) {
    auto const prefix = paths.service(slug, service.name);
    auto const access = nlohmann::json{"access:services!service=" + service.name}.dump();
    std::map<std::string, std::string> variables{
        {"JUPYTERHUB_SERVICE_NAME", service.name},
        {"JUPYTERHUB_SERVICE_PREFIX", prefix},
        {"JUPYTERHUB_API_TOKEN", token},
        {"JUPYTERHUB_API_URL", fmt::format("http://127.0.0.1:{{hub_port}}{}api", paths.hub(slug))},
        {"JUPYTERHUB_BASE_URL", paths.base(slug)},
        {"JUPYTERHUB_HOST", ""},
        {"JUPYTERHUB_PUBLIC_URL", ""},
        {"JUPYTERHUB_PUBLIC_HUB_URL", ""},
        {"JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED", "0"},
        {"JUPYTERHUB_CLIENT_ID", service_client(service.name)},
        {"JUPYTERHUB_OAUTH_CALLBACK_URL", service_callback(paths, slug, service)},
        {"JUPYTERHUB_OAUTH_ACCESS_SCOPES", access},
        {"JUPYTERHUB_OAUTH_SCOPES", access},
        {"JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES", nlohmann::json(service.client_scopes).dump()},
    };
    if (!service.url.empty()) variables["JUPYTERHUB_SERVICE_URL"] = service.url + prefix;
    return variables;
}

Task<> Services::pass() {
    CO_TRY_VOID(co_await read_wanted());
    for (auto& [key, instance] : instances_) {
        look_at(instance);
        if (instance.wanted && instance.service.is_managed() && host_ != nullptr &&
            !instance.running && (!instance.not_before || *instance.not_before <= use_.clock.now()))
            CO_TRY_VOID(co_await start(instance));
        if (!instance.wanted && instance.running) end(instance);
    }
    std::erase_if(instances_,
                  [](auto const& each) { return !each.second.wanted && !each.second.running; });
    co_return co_await update_routes();
}

Task<> Services::read_wanted() {
    std::vector<std::pair<Course, std::vector<Service>>> wanted;
    CO_TRY_VOID(co_await use_.pool.run([&] {
        return use_.store.read([&](Transaction& transaction) -> Result<> {
            TRY(auto const made, transaction.hub_services().all());
            // Most platforms have none, and need not look at their courses for that.
            if (book_.all().empty() && made.empty()) return {};
            TRY(auto courses, deployed_courses(transaction));
            for (auto& course : courses) {
                std::vector<Service> services;
                for (auto const& service : book_.all())
                    if (service.is_of(course.request.slug)) services.push_back(service);
                for (auto const& row : made)
                    if (row.course == course.id &&
                        book_.configured(course.request.slug, row.name) == nullptr)
                        services.push_back(to_service(row));
                if (!services.empty()) wanted.emplace_back(std::move(course), std::move(services));
            }
            return {};
        });
    }));
    for (auto& [key, instance] : instances_) instance.wanted = false;
    for (auto& [course, services] : wanted)
        for (auto& service : services) {
            auto& instance = instances_[{course.request.slug, service.name}];
            instance.wanted = true;
            instance.course = course;
            instance.service = std::move(service);
        }
    co_return Result<>();
}

Task<> Services::start(Instance& instance) {
    auto const& slug = instance.course.request.slug;
    auto const& name = instance.service.name;
    auto const now = use_.clock.now();
    auto const secret = use_.random.hex(16);
    CO_TRY_VOID(co_await use_.pool.run([&] {
        return use_.store.write([&](Transaction& transaction) -> Result<> {
            // Its visitors stay logged in.
            TRY_VOID(transaction.hub_tokens().remove_own_of_service(instance.course.id, name));
            TRY_VOID(transaction.hub_tokens().insert(
                service_token(instance.course.id, name, secret, now)));
            return {};
        });
    }));
    ServiceProgram const program{
        .course = slug,
        .service = &instance.service,
        .variables = service_variables(use_.paths, slug, instance.service, secret)};
    auto started = host_->start(program);
    instance.started_at = now;
    if (started) {
        instance.running = *std::move(started);
        log::info("service_started", {{"course", slug}, {"service", name}});
        co_return Result<>();
    }
    instance.not_before = now + backoff(instance.failures++);
    log::warn("service_start_failed",
              {{"course", slug}, {"service", name}, {"cause", started.error().message}});
    co_return Result<>();
}

/// Whether it has ended, and whether one that was asked to end takes too long.
void Services::look_at(Instance& instance) {
    if (!instance.running) return;
    auto const now = use_.clock.now();
    auto const code = host_->ending(instance.running->process);
    if (!code) {
        if (instance.asked_to_end && *instance.asked_to_end + patience <= now)
            host_->kill(instance.running->process);
        return;
    }
    instance.running.reset();
    instance.asked_to_end.reset();
    if (instance.started_at && *instance.started_at + settled <= now) instance.failures = 0;
    instance.not_before = now + backoff(instance.failures++);
    log::warn("service_ended", {{"course", instance.course.request.slug},
                                {"service", instance.service.name},
                                {"code", *code},
                                {"cause", cause_of(*code, instance.service)}});
}

void Services::end(Instance& instance) {
    if (instance.asked_to_end) return;
    instance.asked_to_end = use_.clock.now();
    host_->ask_to_end(instance.running->process);
}

std::map<std::string, std::string> Services::wanted_routes() const {
    std::map<std::string, std::string> wanted;
    for (auto const& [key, instance] : instances_) {
        auto path = use_.paths.service(key.first, key.second);
        path.pop_back();
        auto const& url = instance.service.url;
        if (!instance.wanted || url.empty()) continue;
        if (!instance.service.is_managed()) wanted.emplace(path, target_of(url));
        if (instance.running) wanted.emplace(path, instance.running->target);
    }
    return wanted;
}

Task<> Services::update_routes() {
    auto const wanted = wanted_routes();
    for (auto const& [path, target] : std::map(routes_))
        if (!wanted.contains(path)) {
            CO_TRY_VOID(co_await use_.proxy.delete_route(path));
            routes_.erase(path);
        }
    for (auto const& [path, target] : wanted) {
        if (auto const known = routes_.find(path);
            known != routes_.end() && known->second == target)
            continue;
        CO_TRY_VOID(co_await use_.proxy.add_route(
            {.path = path, .target = target, .secret = "", .login = ""}));
        routes_.insert_or_assign(path, target);
    }
    co_return Result<>();
}

Task<> Services::send_routes() {
    for (auto const& [path, target] : std::map(routes_))
        CO_TRY_VOID(co_await use_.proxy.add_route(
            {.path = path, .target = target, .secret = "", .login = ""}));
    co_return Result<>();
}

std::optional<long long> Services::process_of(std::string const& slug,
                                              std::string const& name) const {
    auto const found = instances_.find({slug, name});
    if (found == instances_.end() || !found->second.running) return {};
    return found->second.running->process;
}

Task<> Services::close() {
    for (auto& [key, instance] : instances_) {
        instance.wanted = false;
        if (instance.running) end(instance);
    }
    auto const deadline = Deadline::after(patience);
    auto const any_runs = [this] {
        return std::ranges::any_of(
            instances_, [](auto const& each) { return each.second.running.has_value(); });
    };
    for (;;) {
        for (auto& [key, instance] : instances_) look_at(instance);
        if (!any_runs() || deadline.passed()) break;
        CO_TRY_VOID(co_await sleep_for(Milliseconds(20)));
    }
    for (auto& [key, instance] : instances_)
        if (instance.running) host_->kill(instance.running->process);
    co_return Result<>();
}

}  // namespace carrel
