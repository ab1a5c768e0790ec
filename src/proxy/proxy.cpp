#include "proxy/proxy.hpp"

#include "base/clock.hpp"
#include "proxy/admin_api.hpp"
#include "proxy/journal.hpp"
#include "proxy/listener.hpp"
#include "proxy/side_server.hpp"
#include "proxy/tls_setup.hpp"
#include "proxy/worker.hpp"
#include "runtime/log.hpp"

#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
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
    std::unique_ptr<Worker> redirects;
    std::atomic<TlsServerPointer> api_tls;
    std::unique_ptr<TlsSetup> tls;
    // Everything beside the data plane, on a thread of its own. The loop goes last.
    std::unique_ptr<EventLoop> side_loop;
    std::unique_ptr<AdminApi> api;
    std::unique_ptr<SideServer> api_server;
    std::filesystem::path own_socket;  ///< to be removed at the end
    std::thread side_thread;
};

namespace {

/// Each connection needs a descriptor or two, and the soft limit is often only 1024.
void raise_descriptor_limit() {
    rlimit limit = {};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
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

bool is_inherited(Options const& options, std::string_view role) {
    return std::ranges::any_of(options.listen_descriptors,
                               [&](auto const& each) { return each.first == role; });
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

/// The side servers' TCP sockets are the public one's with another name.
Result<Socket> listen_beside(std::string const& ip, unsigned short port) {
    Options options;
    options.ip = ip == "localhost" ? "127.0.0.1" : ip;
    options.port = port;
    TRY(auto listeners, listen(options));
    return std::move(listeners.sockets.front());
}

Result<Socket> api_listener(Options const& options) {
    auto sockets = inherited(options, "api");
    if (!sockets.empty()) {
        TRY(auto listeners, adopt_listeners(std::move(sockets), 1));
        return std::move(listeners.sockets.front());
    }
    if (!options.api_socket.empty()) return listen_privately(options.api_socket);
    return listen_beside(options.api_ip, options.api_port);
}

}  // namespace

Result<> Proxy::State::set_tls_up() {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    TlsSetup::Users users;
    users.workers = [this](Update const& update) {
        for (auto& worker : workers) worker->push(update);
    };
    if (options.api_tls.enabled()) {
        users.api = [this](TlsServerPointer server) { api_tls = std::move(server); };
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
    journal::redirection_added(listeners.port, options.redirect_to);
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
    TRY(state->side_loop, EventLoop::create());
    state->api = std::make_unique<AdminApi>(state->options, state->clock,
                                            [workers = &state->workers](Update const& update) {
                                                for (auto& worker : *workers) worker->push(update);
                                            });
    TRY(auto api_socket, api_listener(state->options));
    // What somebody else opened is theirs to remove.
    if (!is_inherited(state->options, "api")) state->own_socket = state->options.api_socket;
    SideServer::MakeLayer make_layer;
    if (state->options.api_tls.enabled())
        make_layer = [state = state.get()](int descriptor) {
            return state->api_tls.load()->accept(descriptor);
        };
    TRY(state->api_server, SideServer::create(*state->side_loop, std::move(api_socket), *state->api,
                                              std::move(make_layer)));
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
    state_->side_thread = std::thread([state = state_.get()] { state->side_loop->run(); });
}

void Proxy::stop() {
    for (auto& worker : state_->workers) worker->stop(state_->options.stop_grace);
    if (state_->redirects) state_->redirects->stop(state_->options.stop_grace);
    for (auto& thread : state_->threads) thread.join();
    state_->threads.clear();
    if (state_->side_thread.joinable()) {
        state_->side_loop->stop();
        state_->side_thread.join();
    }
    if (!state_->own_socket.empty()) unlink(state_->own_socket.c_str());
    state_->own_socket.clear();
}

unsigned short Proxy::port() const { return state_->port; }
unsigned short Proxy::api_port() const { return state_->api_server->port(); }
void Proxy::reload() { state_->tls->reload(); }

}  // namespace carrel::proxy
