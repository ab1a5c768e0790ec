#include "proxy/proxy.hpp"

#include "base/clock.hpp"
#include "http/server.hpp"
#include "proxy/admin_api.hpp"
#include "proxy/listener.hpp"
#include "proxy/tls_front.hpp"
#include "proxy/tls_setup.hpp"
#include "proxy/worker.hpp"
#include "runtime/log.hpp"

#include <boost/asio/io_context.hpp>

#include <sys/resource.h>
#include <csignal>
#include <thread>

namespace carrel::proxy {

struct Proxy::State {
    explicit State(Options given) : options(std::move(given)) {}

    [[nodiscard]] Result<> set_tls_up();
    [[nodiscard]] Result<> listen_for_redirects();

    Options options;
    Options redirect_options;  ///< of the worker that leads to https
    SystemClock clock;
    unsigned short port = 0;
    std::vector<std::unique_ptr<Worker>> workers;
    std::vector<std::thread> threads;
    asio::io_context api_context{1};
    std::unique_ptr<Worker> redirects;
    std::unique_ptr<TlsFront> api_front;
    std::unique_ptr<TlsSetup> tls;
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

http::ListenAddress api_address(Options const& options, TlsFront const* front) {
    if (front != nullptr) return http::UnixSocket{front->inner_socket()};
    for (auto const& [role, descriptor] : options.listen_descriptors)
        if (role == "api") return http::Inherited{descriptor};
    if (!options.api_socket.empty()) return http::UnixSocket{options.api_socket};
    bool const local = options.api_ip == "localhost";
    return http::TcpAddress{local ? "127.0.0.1" : options.api_ip, options.api_port};
}

/// What was asked for and is not there must not be silently missing.
Result<> check_supported(Options const& options) {
    if (options.metrics_port != 0 || !options.metrics_socket.empty())
        return fail(Code::InvalidArgument, "metrics are not supported yet");
    if (!options.access_log.empty() || options.activity_ignores_pings)
        return fail(Code::InvalidArgument,
                    "--access-log and --activity-ignores-pings are not "
                    "supported yet");
    return {};
}

/// What a parent opened for us, by what it is for.
std::vector<Socket> inherited(Options const& options, std::string_view role) {
    std::vector<Socket> sockets;
    for (auto const& [of, descriptor] : options.listen_descriptors)
        if (of == role) sockets.emplace_back(descriptor);
    return sockets;
}

Result<Listeners> public_listeners(Options const& options) {
    auto sockets = inherited(options, "public");
    return sockets.empty() ? listen(options) : adopt_listeners(std::move(sockets), options.threads);
}

}  // namespace

Result<> Proxy::State::set_tls_up() {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    TlsSetup::Users users;
    users.workers = [this](Update const& update) {
        for (auto& worker : workers) worker->push(update);
    };
    if (options.api_tls.enabled()) {
        Options listening = options;
        listening.ip = options.api_ip == "localhost" ? "127.0.0.1" : options.api_ip;
        listening.port = options.api_port;
        listening.socket = options.api_socket;
        TRY(api_front, TlsFront::create(listening));
        users.api = [front = api_front.get()](TlsServerPointer server) {
            front->use(std::move(server));
        };
    }
    TRY(tls, TlsSetup::create(options, clock, std::move(users)));
    return {};
}

Result<> Proxy::State::listen_for_redirects() {
    if (options.redirect_to == 0) options.redirect_to = port;
    if (options.redirect_port == 0) return {};
    redirect_options = options;
    redirect_options.port = options.redirect_port;
    redirect_options.socket.clear();
    redirect_options.threads = 1;
    redirect_options.tls = {};
    redirect_options.only_redirects = true;
    auto given = inherited(options, "redirect");
    TRY(auto listeners, given.empty()
                            ? listen(redirect_options)
                            : adopt_listeners(std::move(given), redirect_options.threads));
    TRY(redirects, Worker::create(redirect_options, std::move(listeners.sockets.front()), 255));
    log::info("redirects_added", {{"from", listeners.port}, {"to", options.redirect_to}});
    return {};
}

Result<std::unique_ptr<Proxy>> Proxy::create(Options options) {
    TRY_VOID(check_supported(options));
    raise_descriptor_limit();
    auto state = std::make_unique<State>(std::move(options));
    TRY(auto listeners, public_listeners(state->options));
    state->port = listeners.port;
    state->options.threads = static_cast<unsigned>(listeners.sockets.size());
    TRY_VOID(state->listen_for_redirects());
    unsigned number = 0;
    for (auto& socket : listeners.sockets) {
        TRY(auto worker, Worker::create(state->options, std::move(socket), number++));
        state->workers.push_back(std::move(worker));
    }
    TRY_VOID(state->set_tls_up());
    state->api = std::make_unique<AdminApi>(state->options, state->clock,
                                            [workers = &state->workers](Update const& update) {
                                                for (auto& worker : *workers) worker->push(update);
                                            });
    auto respond =
        [api = state->api.get()](http::Request& request) -> asio::awaitable<http::Response> {
        co_return api->handle(request);
    };
    TRY(state->api_server, http::Server::create(state->api_context.get_executor(),
                                                api_address(state->options, state->api_front.get()),
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
    if (state_->redirects)
        state_->threads.emplace_back([worker = state_->redirects.get()] { worker->run(); });
    state_->tls->start();
    state_->api_server->start();
    if (state_->api_front) state_->api_front->start();
    state_->api_thread = std::thread([state = state_.get()] { state->api_context.run(); });
}

void Proxy::stop() {
    for (auto& worker : state_->workers) worker->stop(state_->options.stop_grace);
    if (state_->redirects) state_->redirects->stop(state_->options.stop_grace);
    if (state_->api_front) state_->api_front->stop();
    for (auto& thread : state_->threads) thread.join();
    state_->threads.clear();
    state_->api_context.stop();
    if (state_->api_thread.joinable()) state_->api_thread.join();
}

unsigned short Proxy::port() const { return state_->port; }
unsigned short Proxy::api_port() const {
    return state_->api_front ? state_->api_front->port() : state_->api_server->port();
}
void Proxy::reload() { state_->tls->reload(); }

}  // namespace carrel::proxy
