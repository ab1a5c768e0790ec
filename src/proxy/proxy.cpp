#include "proxy/proxy.hpp"

#include "base/clock.hpp"
#include "http/server.hpp"
#include "proxy/admin_api.hpp"
#include "proxy/listener.hpp"
#include "proxy/worker.hpp"
#include "runtime/log.hpp"

#include <boost/asio/io_context.hpp>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <thread>

namespace carrel::proxy {

struct Proxy::State {
    explicit State(Options given) : options(std::move(given)) {}

    Options options;
    SystemClock clock;
    unsigned short port = 0;
    std::vector<std::unique_ptr<Worker>> workers;
    std::vector<std::thread> threads;
    asio::io_context api_context{1};
    std::unique_ptr<AdminApi> api;
    std::unique_ptr<http::Server> api_server;
    std::thread api_thread;
};

namespace {

/// Each connection needs a descriptor or two, and the soft limit is often only 1024.
void raise_descriptor_limit() {
    rlimit limit = {};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

http::ListenAddress api_address(Options const& options) {
    if (!options.api_socket.empty()) return http::UnixSocket{options.api_socket};
    bool const local = options.api_ip == "localhost";
    return http::TcpAddress{local ? "127.0.0.1" : options.api_ip, options.api_port};
}

/// What was asked for and is not there must not be silently missing.
Result<> check_supported(Options const& options) {
    if (options.tls.enabled() || options.api_tls.enabled() ||
        !options.upstream_tls.certificate.key.empty() || !options.upstream_tls.ca.empty())
        return fail(Code::InvalidArgument, "TLS is not supported yet");
    if (options.metrics_port != 0 || !options.metrics_socket.empty())
        return fail(Code::InvalidArgument, "metrics are not supported yet");
    if (!options.access_log.empty() || options.activity_ignores_pings)
        return fail(Code::InvalidArgument,
                    "--access-log and --activity-ignores-pings are not "
                    "supported yet");
    return {};
}

/// Written beside and renamed, so that a reader never sees half of it.
Result<> write_file(std::filesystem::path const& path, std::string const& content) {
    auto const temporary = path.string() + ".new";
    std::ofstream(temporary) << content << '\n';
    if (rename(temporary.c_str(), path.c_str()) != 0) return fail_errno("write {}", path.string());
    return {};
}

}  // namespace

Result<std::unique_ptr<Proxy>> Proxy::create(Options options) {
    TRY_VOID(check_supported(options));
    raise_descriptor_limit();
    auto state = std::make_unique<State>(std::move(options));
    TRY(auto listeners, listen(state->options));
    state->port = listeners.port;
    unsigned number = 0;
    for (auto& socket : listeners.sockets) {
        TRY(auto worker, Worker::create(state->options, std::move(socket), number++));
        state->workers.push_back(std::move(worker));
    }
    state->api = std::make_unique<AdminApi>(state->options, state->clock,
                                            [workers = &state->workers](Update const& update) {
                                                for (auto& worker : *workers) worker->push(update);
                                            });
    auto respond =
        [api = state->api.get()](http::Request& request) -> asio::awaitable<http::Response> {
        co_return api->handle(request);
    };
    TRY(state->api_server,
        http::Server::create(state->api_context.get_executor(), api_address(state->options),
                             std::move(respond), {.largest_body = 1UL << 20U}));
    return std::unique_ptr<Proxy>(new Proxy(std::move(state)));
}

Proxy::Proxy(std::unique_ptr<State> state) : state_(std::move(state)) {}

Proxy::~Proxy() {
    state_->options.stop_grace = Milliseconds(0);
    stop();
}

void Proxy::start() {
    for (auto& worker : state_->workers) state_->threads.emplace_back([&worker] { worker->run(); });
    state_->api_server->start();
    state_->api_thread = std::thread([state = state_.get()] { state->api_context.run(); });
}

void Proxy::stop() {
    for (auto& worker : state_->workers) worker->stop(state_->options.stop_grace);
    for (auto& thread : state_->threads) thread.join();
    state_->threads.clear();
    state_->api_context.stop();
    if (state_->api_thread.joinable()) state_->api_thread.join();
}

unsigned short Proxy::port() const { return state_->port; }
unsigned short Proxy::api_port() const { return state_->api_server->port(); }

int run_proxy(std::vector<std::string> const& arguments, bool legacy) {
    auto parsed = parse_options(arguments, legacy);
    if (parsed.message) {
        std::fprintf(parsed.exit_code == 0 ? stdout : stderr, "%s\n", parsed.message->c_str());
        return parsed.exit_code;
    }
    auto& options = parsed.options;
    log::start("proxy", options.log_level);
    std::signal(SIGPIPE, SIG_IGN);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // threads inherit it
    if (options.api_token.empty()) log::warn("api_open", {{"hint", "set CONFIGPROXY_AUTH_TOKEN"}});

    auto const port_file = options.port_file;
    auto const pid_file = options.pid_file;
    auto proxy = Proxy::create(std::move(options));
    if (!proxy) {
        std::fprintf(stderr, "carrel proxy: %s\n", proxy.error().message.c_str());
        return 1;
    }
    (*proxy)->start();
    auto written =
        port_file.empty() ? Result<>() : write_file(port_file, std::to_string((*proxy)->port()));
    if (written && !pid_file.empty()) written = write_file(pid_file, std::to_string(getpid()));
    if (!written) {
        std::fprintf(stderr, "carrel proxy: %s\n", written.error().message.c_str());
        return 1;
    }
    log::info("proxy_started", {{"port", (*proxy)->port()}});
    int signal = 0;
    sigwait(&signals, &signal);
    log::info("proxy_stopping", {{"signal", signal}});
    (*proxy)->stop();
    if (!pid_file.empty()) unlink(pid_file.c_str());
    log::info("proxy_stopped");
    return 2;
}

}  // namespace carrel::proxy
