#include "proxy/handover/successor.hpp"
#include "proxy/options.hpp"
#include "proxy/proxy.hpp"
#include "proxy/report/journal.hpp"
#include "runtime/called_program.hpp"
#include "runtime/log.hpp"

#include <pthread.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <fstream>

namespace carrel::proxy {

namespace {

/// After a signal, as configurable-http-proxy's.
constexpr int stopped_status = 2;

/// Written beside and renamed, so that a reader never sees half of it.
Result<> write_file(std::filesystem::path const& path, std::string const& content) {
    if (path.empty()) return {};
    auto const temporary = path.string() + ".new";
    std::ofstream(temporary) << content << '\n';
    if (rename(temporary.c_str(), path.c_str()) != 0) return fail_errno("write {}", path.string());
    return {};
}

std::string place_of(std::string const& ip, unsigned short port,
                     std::filesystem::path const& socket) {
    if (!socket.empty()) return socket.string();
    return fmt::format("{}:{}", ip.empty() ? "*" : ip, port);
}

/// Tells whoever started us and holds the other end of a pipe.
void announce(int descriptor) {
    if (descriptor < 0) return;
    [[maybe_unused]] auto const written = write(descriptor, "\n", 1);
    close(descriptor);
}

void reload(Proxy& proxy) {
    log::info("proxy_reloaded");
    proxy.reload();
}

/// What is told from the outside after the start, and what becomes of it.
class Watch {
public:
    Watch() {
        sigemptyset(&signals_);
        // SIGUSR1 is also how the proxy wakes us.
        for (int const number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD})
            sigaddset(&signals_, number);
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);  // threads inherit it
    }

    /// Until somebody wants the proxy to stop, or a successor has it all. Returns the exit status.
    int until_the_end(Proxy& proxy, Successor& successor) {
        for (;;) {
            int signal = 0;
            sigwait(&signals_, &signal);
            if (signal == SIGHUP) reload(proxy);
            // After a departure there is no need, nor any harm.
            if (signal == SIGUSR1) proxy.reopen_logs();
            if (signal == SIGUSR2) successor.start();
            if (signal == SIGCHLD) successor.reap();
            if (proxy.departure() == Proxy::Departure::Drained) return 0;
            if (signal != SIGINT && signal != SIGTERM) continue;
            log::info("proxy_stopping", {{"signal", signal}});
            return stopped_status;
        }
    }

private:
    sigset_t signals_{};
};

/// Takes over if that was asked for, and serves.
Result<> begin(Proxy& proxy, Options const& options) {
    if (options.take_over) TRY_VOID(proxy.take_over());
    auto const wake = getpid();
    proxy.on_departure([wake] { kill(wake, SIGUSR1); });
    proxy.start();
    TRY_VOID(proxy.await_successors());
    TRY_VOID(write_file(options.port_file, std::to_string(proxy.port())));
    TRY_VOID(write_file(options.pid_file, std::to_string(getpid())));
    announce(options.ready_descriptor);
    return {};
}

void tell_places(Proxy const& proxy, Options const& options) {
    for (auto const& option : options.idle_options) journal::option_is_idle(option);
    journal::proxying(options.tls.enabled() ? "https" : "http",
                      place_of(options.ip, proxy.port(), options.socket),
                      options.default_target ? options.default_target->url : "");
    journal::api_at(options.api_tls.enabled() ? "https" : "http",
                    place_of(options.api_ip, proxy.api_port(), options.api_socket),
                    !options.api_token.empty());
    if (options.has_metrics())
        journal::metrics_at(
            place_of(options.metrics_ip, proxy.metrics_port(), options.metrics_socket));
}

int fail_to_start(Error const& error) {
    std::fprintf(stderr, "carrel proxy: %s\n", error.message.c_str());
    return 1;
}

}  // namespace

int run_proxy(std::vector<std::string> const& arguments, bool legacy) {
    Successor successor(called_program(), arguments);
    auto parsed = parse_options(arguments, legacy);
    if (parsed.message) {
        std::fprintf(parsed.exit_code == 0 ? stdout : stderr, "%s\n", parsed.message->c_str());
        return parsed.exit_code;
    }
    auto const options = parsed.options;
    journal::start(options.log_level, options.legacy_log);
    std::signal(SIGPIPE, SIG_IGN);
    Watch watch;
    auto proxy = Proxy::create(std::move(parsed.options));
    if (!proxy) return fail_to_start(proxy.error());
    if (auto const begun = begin(**proxy, options); !begun) return fail_to_start(begun.error());
    tell_places(**proxy, options);
    auto const status = watch.until_the_end(**proxy, successor);
    // A successor has written its own.
    bool const alone = (*proxy)->departure() == Proxy::Departure::None;
    (*proxy)->stop();
    if (alone && !options.pid_file.empty()) unlink(options.pid_file.c_str());
    log::info("proxy_stopped");
    return status;
}

}  // namespace carrel::proxy
