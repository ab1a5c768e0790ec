#include "runtime/log.hpp"
#include "spawn/docker/guard/engine_guard.hpp"
#include "spawn/process/metadata_rule.hpp"

#include "http/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

// The process `carrel engine-guard`; what it answers is in engine_guard.cpp.

namespace carrel {

namespace fs = std::filesystem;

namespace {

constexpr size_t threads = 16;
constexpr Milliseconds answer_grace{3'000};

/// A folder, and not a link that whoever owns the one above has put there for us to follow.
Result<> provide_folder(fs::path const& folder, unsigned owner, mode_t mode) {
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return fail_errno("make {}", folder.string());
    int const descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) return fail_errno("open {}", folder.string());
    struct stat facts{};
    // The mode first: what is given away is no longer ours to change.
    bool const done = ::fstat(descriptor, &facts) == 0 &&
                      ((facts.st_mode & 07777U) == mode || ::fchmod(descriptor, mode) == 0) &&
                      (facts.st_uid == owner || ::fchown(descriptor, owner, owner) == 0);
    int const number = errno;
    ::close(descriptor);
    errno = number;
    if (!done) return fail_errno("give {} to user {}", folder.string(), owner);
    return {};
}

Result<> provide_folders(EngineGuardOptions const& options) {
    std::error_code error;
    fs::create_directories(options.folder, error);
    TRY_VOID(provide_folder(options.folder, ::geteuid(), 0755));
    TRY_VOID(provide_folder(options.folder / "data", options.owner, 0711));
    TRY_VOID(provide_folder(options.folder / "run", options.owner, 0711));
    return provide_folder(options.folder / "guard", ::geteuid(), 0711);
}

std::string why_no_network(std::string const& range) {
    if (::geteuid() != 0) return "only root can keep them from this machine";
    auto const closed = close_machine_to(range);
    return closed ? "" : closed.error().message;
}

}  // namespace

Result<> run_engine_guard(EngineGuardOptions const& options) {
    if (!options.folder.is_absolute() || options.folder != options.folder.lexically_normal())
        return fail(Code::InvalidArgument, "--folder is an absolute path");
    if (options.owner == 0)
        return fail(Code::InvalidArgument, "--owner is the hub's user, and must not be root");
    log::start("guard", log::Level::Info);
    TRY_VOID(provide_folders(options));
    auto const no_network = why_no_network(options.range);
    if (!no_network.empty()) log::warn("containers_without_network", {{"cause", no_network}});
    asio::io_context context{1};
    BlockingPool pool{threads};
    http::Client client;
    auto const socket = options.folder / "guard" / "engine.sock";
    EngineGuard guard(Engine(client, options.engine.string()),
                      {.name = options.folder.string(),
                       .folder = options.folder,
                       .owner = options.owner,
                       .range = options.range},
                      no_network, pool);
    TRY(auto const server,
        http::Server::create(context.get_executor(), http::UnixSocket{socket},
                             [&](http::Request& request) { return guard.respond(request); }));
    if (::chown(socket.c_str(), options.owner, options.owner) != 0)
        return fail_errno("give {} to user {}", socket.string(), options.owner);
    server->start();
    log::info("guard_listens", {{"socket", socket.string()}});
    asio::signal_set signals(context, SIGTERM, SIGINT);
    signals.async_wait([&](auto const&, int) {
        spawn_detached(context.get_executor(), "stop", server->stop(answer_grace));
    });
    context.run();
    pool.join();
    return {};
}

}  // namespace carrel
