#include "spawn/docker/docker_spawner.hpp"

#include "base/encoding.hpp"
#include "runtime/log.hpp"
#include "spawn/docker/container_bridge.hpp"
#include "spawn/docker/container_spec.hpp"
#include "spawn/docker/docker_words.hpp"
#include "spawn/docker/volume_name.hpp"
#include "spawn/process/readiness.hpp"
#include "spawn/process/sandbox_arguments.hpp"
#include "spawn/process/server_log.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace carrel {

using nlohmann::json;

namespace {

constexpr Milliseconds patience{10'000};
/// The engine makes a container's file system and network meanwhile, on a busy disk perhaps.
constexpr Milliseconds patience_with_a_start{60'000};
constexpr Milliseconds between_questions{25};
constexpr Milliseconds between_looks{100};

/// "/servers/0123456789abcdef/server.sock" and, inside it, "/box/server.sock".
constexpr size_t longest_below = 9 + 17 + 4 + 12;

std::string container_name(std::string const& instance, ServerFolder const& folder) {
    return fmt::format("carrel-{}-{}", short_instance(instance), folder.path.filename().string());
}

uid_t owner_of(ServerSpec const& spec) {
    return ::geteuid() == 0 ? static_cast<uid_t>(spec.number) : ::geteuid();
}

}  // namespace

/// Everything of a start that is decided before the server runs.
struct DockerSpawner::Preparation {
    ServerFolder folder;
    DockerState state;
    std::string endpoint;
};

Result<std::unique_ptr<DockerSpawner>> DockerSpawner::create(DockerSpawnerOptions options,
                                                             BlockingPool& pool,
                                                             http::Client& client) {
    if (options.runtime_folder.string().size() + longest_below >= sizeof(sockaddr_un::sun_path))
        return fail(Code::InvalidArgument,
                    "use runtime folder {}: its path is too long for the sockets in it",
                    options.runtime_folder.string());
    Engine const engine(client, options.socket.string());
    std::filesystem::path bridge;
    if (options.offered) {
        TRY_VOID(RegistryLogins(options.registry_logins).check());
        TRY(bridge, install_bridge(options.program_folder));
    }
    TRY(auto networks, CourseNetworks::create(engine, {.instance = options.instance,
                                                       .wanted = options.network && options.offered,
                                                       .range = options.subnets}));
    return std::unique_ptr<DockerSpawner>(new DockerSpawner(
        std::move(options), pool, client, engine, std::move(networks), std::move(bridge)));
}

DockerSpawner::DockerSpawner(DockerSpawnerOptions options, BlockingPool& pool, http::Client& client,
                             Engine engine, std::unique_ptr<CourseNetworks> networks,
                             std::filesystem::path bridge)
    : options_(std::move(options)),
      pool_(pool),
      client_(client),
      engine_(std::move(engine)),
      images_(engine_, RegistryLogins(options_.registry_logins), pool, options_.pull_timeout),
      watch_(engine_, pool, fmt::format("{}={}", instance_label, options_.instance)),
      networks_(std::move(networks)),
      bridge_(std::move(bridge)) {
    if (!options_.offered) {
        isolation_.level = Isolation::Level::Full;
        return;
    }
    auto const facts = engine_.facts(Deadline::after(patience));
    isolation_ = isolation_of_engine(facts, facts ? networks_->obstacle(*facts) : "");
}

Result<> DockerSpawner::may_start(ServerSpec const& spec, EngineFacts const& facts) const {
    if (spec.environment.kind == EnvironmentKind::JupyterHub && options_.hub_folder.empty())
        return fail(Code::Unavailable, "environment {} needs a hub to ask", spec.environment.name);
    struct stat home{};
    if (::lstat(spec.home.c_str(), &home) != 0 || !S_ISDIR(home.st_mode))
        return fail(Code::Unavailable, "the home folder is not there");
    for (auto const& folder : spec.environment.read_only) {
        struct stat found{};
        if (::stat(folder.c_str(), &found) != 0)
            return fail_errno("find {}, which environment {} needs", folder.string(),
                              spec.environment.name);
    }
    if (facts.rootless || facts.maps_users)
        return fail(Code::Unavailable,
                    "the Docker Engine runs containers as other users than Carrel gives homes to; "
                    "it must run as root and without userns-remap");
    if (home.st_uid != owner_of(spec))
        return fail(Code::Unavailable, "the home folder belongs to uid {} instead of {}",
                    home.st_uid, owner_of(spec));
    return {};
}

/// A volume over the folder that Carrel keeps: so exports and limits are those of every home.
Result<std::string> DockerSpawner::provide_home(ServerSpec const& spec, Deadline deadline) const {
    auto const name = volume_name(
        {.instance = short_instance(options_.instance), .course = spec.course, .user = spec.user});
    auto const present = engine_.volume(name, deadline);
    if (present && present->device == spec.home.string()) return name;
    if (!present && present.error().code != Code::NotFound) return std::unexpected(present.error());
    // The data folder has moved.
    if (present) TRY_VOID(engine_.remove_volume(name, deadline));
    TRY_VOID(engine_.create_volume(
        {{"Name", name},
         {"Driver", "local"},
         {"DriverOpts", {{"type", "none"}, {"o", "bind"}, {"device", spec.home.string()}}},
         {"Labels",
          {{instance_label, options_.instance},
           {course_label, spec.course},
           {user_label, spec.user}}}},
        deadline));
    return name;
}

/// A control process that died in the middle of a start left a container of this name.
Result<std::string> DockerSpawner::create_container(std::string const& name, json const& body,
                                                    Deadline deadline) const {
    for (;;) {
        TRY_VOID(engine_.remove(name, deadline));
        auto created = engine_.create(name, body, deadline);
        if (created || created.error().code != Code::Conflict || deadline.passed()) return created;
    }
}

Result<> DockerSpawner::make_container(ServerSpec const& spec, EngineImage const& image,
                                       Preparation& prepared) const {
    auto const deadline = Deadline::after(patience_with_a_start);
    TRY(auto const facts, engine_.facts(deadline));
    TRY_VOID(may_start(spec, facts));
    auto& [folder, state, endpoint] = prepared;
    folder = ServerFolder::of(options_.runtime_folder, spec.id);
    auto const name = container_name(options_.instance, folder);
    // Before its folder is made anew, nothing may live that has the old one.
    TRY_VOID(engine_.remove(name, deadline));
    auto const owner = owner_of(spec);
    TRY_VOID(folder.make(owner));
    TRY_VOID(write_private_file(folder.secret(), spec.secret));
    endpoint = "http+unix://" + percent_encode(folder.socket().string());
    TRY_VOID(link_course_folders(spec.home, spec.course_folders, false, owner));
    TRY(auto const home, provide_home(spec, deadline));
    TRY(auto const network, networks_->provide(spec.course, facts, deadline));
    TRY(auto const body, container_body(spec, image,
                                        {.instance = options_.instance,
                                         .user = fmt::format("{0}:{0}", owner),
                                         .home_volume = home,
                                         .box = folder.box(),
                                         .bridge_program = bridge_,
                                         .hub = options_.hub_folder,
                                         .network = network,
                                         .most_processes = options_.most_processes,
                                         .init = !facts.init.empty()}));
    TRY(auto const container, create_container(name, body, deadline));
    state = {.container = container,
             .id = spec.id,
             .user = spec.user,
             .memory_gib = spec.resources.memory_gib,
             .folder = folder.path,
             .log = server_log_path(options_.log_folder, spec.id)};
    TRY_VOID(write_private_file(folder.state(), to_text(state)));
    TRY_VOID(rotate_log(state.log));
    TRY_VOID(engine_.start(container, deadline));
    log::info("container_started", {{"id", spec.id}, {"container", container.substr(0, 12)}});
    return {};
}

Task<> DockerSpawner::wait_until_usable(ServerSpec const& spec, Preparation const& prepared,
                                        Deadline deadline) {
    auto look_again = Deadline::after(between_looks);
    for (;;) {
        auto const usable = co_await pool_.run([&]() -> Result<> {
            TRY_VOID(prepared.folder.publish_socket(owner_of(spec)));
            return ask_readiness(client_, spec, prepared.endpoint, false, deadline);
        });
        if (usable) co_return Result<>();
        if (usable.error().code == Code::PermissionDenied)
            co_return std::unexpected(usable.error());
        if (deadline.passed())
            co_return fail(Code::Timeout, "the server did not answer in time ({})",
                           usable.error().message);
        if (look_again.passed()) {
            auto const container = co_await pool_.run([&] {
                return engine_.inspect(prepared.state.container, Deadline::after(patience));
            });
            bool const gone = !container && container.error().code == Code::NotFound;
            if (gone || (container && !container->running()))
                co_return fail(Code::Unavailable, "it ended while it was starting");
            look_again = Deadline::after(between_looks);
        }
        CO_TRY_VOID(co_await sleep_for(between_questions));
    }
}

Task<Started> DockerSpawner::start(ServerSpec spec, Deadline deadline, Progress progress) {
    failures_.erase(spec.id);
    starting_.insert(spec.id);
    struct Starting {
        ~Starting() { all.erase(all.find(id)); }
        std::multiset<std::string>& all;
        std::string const& id;
    } const starting{starting_, spec.id};
    int furthest = 0;
    auto const report = [&](int percent, std::string const& message) {
        furthest = std::max(furthest, percent);
        if (progress) progress(furthest, message);
    };
    co_return co_await start_prepared(spec, deadline, report);
}

Task<Started> DockerSpawner::start_prepared(ServerSpec const& spec, Deadline deadline,
                                            Progress report) {
    report(5, "Looking for the image");
    // An image may take long to arrive; the server itself has then as long as any other.
    auto const time = deadline.left();
    auto const image = co_await images_.provide(spec.environment.image, report);
    if (!image) {
        CO_TRY_VOID(co_await fail_start(spec, {}, image.error()));
    }
    auto const& title = spec.environment.title;
    report(65, fmt::format("Starting {}", title.empty() ? spec.environment.name : title));
    Preparation prepared;
    auto const made = co_await pool_.run([&] { return make_container(spec, *image, prepared); });
    if (!made) {
        auto error = made.error();
        error.message = reason_of(error.message);
        CO_TRY_VOID(co_await fail_start(spec, prepared.state, std::move(error)));
    }
    report(75, "Waiting for it to answer");
    auto const usable = co_await wait_until_usable(spec, prepared, Deadline::after(time));
    if (!usable) {
        CO_TRY_VOID(co_await fail_start(spec, prepared.state, usable.error()));
    }
    watch_.note_started(prepared.state.container);
    report(100, "Ready");
    co_return Started{.endpoint = prepared.endpoint, .state = to_text(prepared.state)};
}

/// Leaves no container, keeps why, and ends with the error for the user.
Task<> DockerSpawner::fail_start(ServerSpec const& spec, DockerState const& state, Error error) {
    auto const outage = watch_.outage();
    auto const end = [&]() -> Result<Ending> {
        Ending plain{.exit_code = {}, .explanation = error.message, .log_tail = {}};
        if (state.container.empty()) return plain;
        auto const deadline = Deadline::after(patience_with_a_start);
        auto const container = engine_.inspect(state.container, deadline);
        bool const by_itself = container && container->status == "exited";
        auto ending = ending_of(state, outage, deadline).value_or(plain);
        if (!by_itself) ending.explanation = error.message;
        auto const removed = discard(state, deadline);
        if (!removed)
            log::error("container_left_over",
                       {{"id", spec.id}, {"cause", removed.error().message}});
        return ending;
    };
    auto const ending = co_await pool_.run(end);
    watch_.note_removed(state.container);
    if (error.code == Code::Cancelled) co_return std::unexpected(error);
    if (!ending) co_return std::unexpected(ending.error());
    failures_[spec.id] = *ending;
    co_return fail(Code::Unavailable, "{}", ending->explanation);
}

std::optional<Ending> DockerSpawner::last_failure(std::string const& id) const {
    auto const found = failures_.find(id);
    if (found == failures_.end()) return {};
    return found->second;
}

}  // namespace carrel
