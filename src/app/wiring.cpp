#include "app/wiring.hpp"

#include "app/access_setup.hpp"
#include "app/hub_programs.hpp"
#include "app/login_providers.hpp"
#include "app/make_spawner.hpp"
#include "app/open_store.hpp"
#include "app/root_course.hpp"
#include "app/version.hpp"
#include "base/text.hpp"
#include "http/embedded_assets.hpp"
#include "http/problem.hpp"
#include "hub/jupyterhub/answers.hpp"
#include "runtime/log.hpp"
#include "spawn/process/sandbox_arguments.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <csignal>

namespace carrel {

namespace {

/// Store, password hashing, curl and archives share these; most of them wait, not compute.
constexpr size_t blocking_threads = 16;
constexpr Milliseconds answer_grace{3'000};
/// Longer than the proxy keeps a connection that nobody uses.
constexpr Milliseconds longest_wind_down{5'000};

/// What only the router answers; every other path is a page of the UI.
bool is_for_router(std::string_view path) {
    for (std::string_view const prefix :
         {"/api/", "/c/", "/login/", "/healthz", "/readyz", "/metrics"})
        if (path.starts_with(prefix)) return true;
    return path == "/api" || path == "/c";
}

/// "/c/<slug>/hub/api…", as it stands: the router knows no other spelling of it either.
bool is_hub_call(std::string_view path) {
    auto const parts = split(path, '/');
    return parts.size() >= 5 && parts[0].empty() && parts[1] == "c" && parts[3] == "hub" &&
           parts[4] == "api";
}

PlatformFacts platform_facts(ControlOptions const& options, Isolation const& isolation, Time now) {
    PlatformFacts facts;
    for (auto const& [name, environment] : options.settings.environments)
        facts.environments.push_back(
            {name, environment.title, environment.description, environment.default_url});
    facts.isolation = {std::string(name_of(isolation.level)), isolation.notices};
    facts.one_origin = options.settings.server.user_domain.empty();
    facts.public_url = options.settings.server.public_url;
    facts.named_servers = options.settings.hub.named_servers;
    facts.version = version;
    facts.started_at = now;
    facts.data = options.folders.data;
    return facts;
}

/// Tells the supervisor, who holds the other end of a pipe.
void announce(int descriptor) {
    if (descriptor < 0) return;
    [[maybe_unused]] auto const written = ::write(descriptor, "\n", 1);
    ::close(descriptor);
}

/// What has been asked for below the slug of the hub at "/", and is there now. Calls of the API are
/// answered at both: programs do not expect to be sent elsewhere.
std::optional<http::Response> moved(HubPaths const& paths, http::Request const& request) {
    bool const reads = request.method == "GET" || request.method == "HEAD";
    if (!reads || request.headers.find("Upgrade") || is_hub_call(request.path)) return {};
    auto const place = paths.at_root(request.target);
    if (!place) return {};
    return http::Response::redirect(*place);
}

/// What keeps people apart on this machine, and what does not.
Isolation isolation_of(Spawner const& spawner, HomeStore const& homes) {
    auto isolation = spawner.isolation();
    if (auto const cause = homes.unlimited_because())
        isolation.notices.push_back(fmt::format(
            "The size of a home is not limited, only that of each file in it, since {}.", *cause));
    return isolation;
}

void warn_of_missing_isolation(Isolation const& isolation) {
    for (auto const& notice : isolation.notices)
        log::warn("isolation", {{"level", name_of(isolation.level)}, {"notice", notice}});
}

}  // namespace

struct Control::Parts {
    std::unique_ptr<BlockingPool> pool;
    std::unique_ptr<http::Client> client;
    std::unique_ptr<Store> store;
    std::unique_ptr<Spawner> spawner;
    std::unique_ptr<LocalHomeStore> homes;
    std::unique_ptr<PasswordHasher> passwords;
    std::unique_ptr<AccessPolicy> access;
    std::unique_ptr<Directories> directories;
    std::unique_ptr<Authenticator> authenticator;
    HubPrograms programs;
    HubPaths paths;
};

Result<std::unique_ptr<Control>> Control::create(ControlOptions options) {
    static SystemClock const clock;
    static SystemRandom random;
    auto const& folders = options.folders;
    Parts parts;
    parts.pool = std::make_unique<BlockingPool>(blocking_threads);
    parts.client = std::make_unique<http::Client>();
    TRY(parts.programs, hub_programs(options.settings));
    TRY(parts.paths, hub_paths(options.settings));
    TRY(auto access, access_options(options.settings));
    parts.access = std::make_unique<AccessPolicy>(std::move(access));
    TRY(parts.store, open_store(options.settings));
    TRY(parts.spawner, options.make_spawner
                           ? options.make_spawner(*parts.pool, *parts.client)
                           : make_spawner(options.settings, folders, options.secrets.instance,
                                          *parts.pool, *parts.client));
    TRY(parts.homes, LocalHomeStore::create({.homes_folder = folders.homes(),
                                             .exports_folder = folders.exports(),
                                             .own_uids = ::geteuid() == 0}));
    parts.passwords = std::make_unique<PasswordHasher>();
    parts.directories =
        login_directories(options.settings, *parts.store, clock, random, *parts.access);
    TRY(parts.authenticator, LocalAuthenticator::create(*parts.store, *parts.passwords, clock, {},
                                                        parts.directories.get()));
    warn_of_missing_isolation(isolation_of(*parts.spawner, *parts.homes));
    TRY(auto const doubt, doubt_about_root_course(*parts.store, parts.paths));
    if (doubt) log::warn("root_course", {{"notice", *doubt}});
    std::unique_ptr<Control> made(new Control(std::move(options), std::move(parts)));
    TRY_VOID(made->access_keeper_.begin());
    return made;
}

Control::Control(ControlOptions options, Parts parts)
    : options_(std::move(options)),
      pool_(std::move(parts.pool)),
      client_(std::move(parts.client)),
      store_(std::move(parts.store)),
      spawner_(std::move(parts.spawner)),
      homes_(std::move(parts.homes)),
      passwords_(std::move(parts.passwords)),
      access_(std::move(parts.access)),
      directories_(std::move(parts.directories)),
      authenticator_(std::move(parts.authenticator)),
      origins_(origins(options_.settings)),
      paths_(std::move(parts.paths)),
      access_keeper_(*store_, clock_, *pool_, *access_, userlist_file(options_.settings)),
      gate_(*store_, clock_, random_,
            {.bound_to_host = origins_.per_person(),
             .common_domain = origins_.common_domain(),
             .second_factor = factor_rule(options_.settings),
             .access = access_.get()}),
      sealer_(options_.secrets.sealing_key, random_),
      factors_(*store_, clock_, random_, sealer_),
      steps_(*store_, gate_, factors_, clock_, random_,
             {.bound_to_host = origins_.per_person(),
              .ask_after_provider = options_.settings.accounts.second_factor_after_provider,
              .public_url = options_.settings.server.public_url}),
      logins_(*store_, gate_, steps_, clock_, random_,
              {.bound_to_host = origins_.per_person(),
               .public_url = options_.settings.server.public_url,
               .access = access_.get(),
               .sealer = &sealer_},
              login_providers(options_.settings, clock_)),
      refresher_(*store_, clock_, sealer_, access_.get()),
      proxy_(*client_, *pool_, socket_url(options_.folders.proxy_socket()),
             options_.secrets.proxy_token),
      service_host_({.folders = options_.folders.services(),
                     .logs = options_.folders.service_logs(),
                     .hub_socket = options_.folders.hub() / hub_socket_name,
                     .own_accounts = ::geteuid() == 0}),
      pages_(http::embedded_assets()),
      hub_({.executor = context_.get_executor(),
            .pool = *pool_,
            .store = *store_,
            .spawner = *spawner_,
            .homes = *homes_,
            .proxy = proxy_,
            .clock = clock_,
            .random = random_,
            .origins = origins_,
            .paths = paths_,
            .api_page_max_limit = options_.settings.hub.api_page_max_limit},
           hub_settings(options_.settings),
           {.gate = gate_,
            .authenticator = *authenticator_,
            .steps = steps_,
            .ui = pages_,
            .logins = &logins_,
            .directories = directories_.get()},
           *client_, options_.secrets.edge_key,
           {.roles = std::move(parts.programs.roles),
            .services = std::move(parts.programs.services),
            .host = &service_host_}),
      provisioner_(*store_, *homes_, clock_, *pool_),
      dispatcher_(*store_, clock_, random_, *pool_, {{"local", &provisioner_}},
                  dispatcher_options(options_.settings, options_.secrets.instance)),
      remover_({*store_, *homes_, *homes_, provisioner_, clock_, *pool_}),
      housekeeping_(*store_, clock_, *pool_, std::chrono::days(options_.settings.audit.keep_days)),
      mail_(mail_service(options_.settings, *store_, *passwords_, clock_, random_)),
      feed_(*store_, *pool_),
      portal_({.store = *store_,
               .gate = gate_,
               .authenticator = *authenticator_,
               .steps = steps_,
               .passwords = *passwords_,
               .clock = clock_,
               .random = random_,
               .pool = *pool_,
               .feed = feed_,
               .courses_changed = [this] { dispatcher_.wake(); },
               .limits = course_limits(options_.settings),
               .policy = {.accept_own_courses = options_.settings.governance.accept_own_courses},
               .platform = platform_facts(options_, isolation_of(*spawner_, *homes_), clock_.now()),
               .paths = paths_,
               .logins = &logins_,
               .directories = directories_.get(),
               .mail = mail_.desk.get(),
               .access = access_.get(),
               .keeper = &access_keeper_}),
      router_(*pool_),
      tasks_(context_.get_executor()) {
    portal_.add_routes(router_);
    hub_.add_routes(router_);
}

Control::~Control() {
    // Work on the pool refers to our members, so it has to end before they do.
    if (directories_) directories_->pool().join();
    pool_->join();
}

asio::awaitable<http::Response> Control::respond(http::Request& request) {
    request.path = paths_.by_slug(request.path);
    if (auto elsewhere = redirect_to_own_origin(origins_, request)) co_return *std::move(elsewhere);
    if (auto elsewhere = moved(paths_, request)) co_return *std::move(elsewhere);
    if (is_for_router(request.path)) {
        auto answer = co_await router_.handle(request);
        if (is_hub_call(request.path)) jupyterhub::in_hub_form(request, answer);
        co_return answer;
    }
    if (auto asset = pages_.find(request)) co_return *std::move(asset);
    // A path with an extension names a file that is not there; any other is the UI's own.
    auto const name = request.path.substr(request.path.rfind('/') + 1);
    if ((request.method == "GET" || request.method == "HEAD") &&
        name.find('.') == std::string::npos)
        if (auto page = pages_.page("/index.html", request)) co_return *std::move(page);
    co_return co_await router_.handle(request);
}

asio::awaitable<http::Response> Control::respond_to_server(http::Request& request) {
    request.path = paths_.by_slug(request.path);
    if (!is_hub_call(request.path)) co_return http::problem({.code = Code::NotFound}, request);
    // Nobody's browser is there, and no proxy of ours: what such fields say is made up.
    for (auto const* name : {"Cookie", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"})
        request.headers.remove(name);
    auto answer = co_await router_.handle(request);
    jupyterhub::in_hub_form(request, answer);
    co_return answer;
}

/// Each server has an account of its own, so the socket is open to all; its folder is seen by none
/// but those that are given it.
Result<> Control::listen_for_servers() {
    auto const folder = options_.folders.hub();
    auto const socket = folder / hub_socket_name;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    using std::filesystem::perms;
    if (!error) std::filesystem::permissions(folder, perms(0755), error);
    if (error) return fail(Code::Unavailable, "make {}: {}", folder.string(), error.message());
    // Without rights of root all servers are the same user, and share what that may have.
    http::ServerLimits const limits{.connections_of_a_user = ::geteuid() == 0 ? 64U : 512U};
    TRY(hub_server_,
        http::Server::create(
            context_.get_executor(), http::UnixSocket{socket},
            [this](http::Request& request) { return respond_to_server(request); }, limits));
    std::filesystem::permissions(socket, perms(0666), error);
    if (error) return fail(Code::Unavailable, "open {}: {}", socket.string(), error.message());
    hub_server_->start();
    return {};
}

Task<> Control::start() {
    // Before servers are found again, which may be asking already.
    CO_TRY_VOID(listen_for_servers());
    CO_TRY_VOID(co_await hub_.start());
    tasks_.start("dispatcher", dispatcher_.run());
    tasks_.start("access", access_keeper_.run());
    for (auto* const provider : logins_.asked_again())
        tasks_.start("sessions of a provider", refresher_.run(*provider));
    tasks_.start("removals", remover_.run());
    tasks_.start("housekeeping", housekeeping_.run());
    if (mail_.mailer) tasks_.start("mail", mail_.mailer->run());
    // Last: whoever reaches the API finds a hub that knows its servers.
    http::ListenAddress address = http::UnixSocket{options_.folders.control_socket()};
    if (options_.listener >= 0) address = http::Inherited{options_.listener};
    auto created =
        http::Server::create(context_.get_executor(), address,
                             [this](http::Request& request) { return respond(request); });
    if (!created) co_return std::unexpected(created.error().wrapped("listen for requests"));
    server_ = *std::move(created);
    server_->start();
    announce(options_.ready);
    log::info("control_ready", {{"version", version}});
    co_return Result<>();
}

Task<> Control::end_at_signal() {
    asio::signal_set signals(context_, SIGINT, SIGTERM);
    auto const [error, number] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return fail(Code::Cancelled, "wait for a signal: cancelled");
    signals.clear();
    co_return co_await shut_down(number == SIGINT);
}

Task<> Control::shut_down(bool stop_servers) {
    log::info("control_stopping", {{"servers", stop_servers ? "stopped" : "left running"}});
    // Another control process comes next, and no request may fall between the two.
    if (server_ && !stop_servers) CO_TRY_VOID(co_await server_->wind_down(longest_wind_down));
    if (server_) CO_TRY_VOID(co_await server_->stop(answer_grace));
    if (hub_server_) CO_TRY_VOID(co_await hub_server_->stop(Milliseconds(0)));
    CO_TRY_VOID(co_await tasks_.close());
    CO_TRY_VOID(co_await hub_.close());
    if (stop_servers) CO_TRY_VOID(co_await hub_.stop_all_servers());
    co_return Result<>();
}

Result<> Control::run() {
    auto const whole = [](Control& control) -> Task<> {
        auto started = co_await control.start();
        if (started) co_return co_await control.end_at_signal();
        // What has begun refers to our members and must end before them.
        CO_TRY_VOID(co_await control.shut_down(false));
        co_return started;
    };
    asio::co_spawn(context_, whole(*this), [this](std::exception_ptr exception, Result<> result) {
        if (exception) std::rethrow_exception(exception);
        outcome_ = std::move(result);
        context_.stop();
    });
    context_.run();
    return outcome_;
}

}  // namespace carrel
