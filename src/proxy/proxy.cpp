#include "proxy/proxy.hpp"

#include "proxy/data_plane/listener.hpp"
#include "proxy/proxy_state.hpp"
#include "proxy/report/journal.hpp"
#include "runtime/log.hpp"

#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

namespace carrel::proxy {

namespace {

/// Each connection needs a descriptor or two, and the soft limit is often only 1024.
void raise_descriptor_limit() {
    rlimit limit = {};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/// What a parent opened for us, or else a predecessor, by what it is for.
std::vector<Socket> inherited(Options const& options, std::string const& role,
                              HandoverTaker* predecessor) {
    std::vector<Socket> sockets;
    for (auto const& [of, descriptor] : options.listen_descriptors)
        if (of == role) sockets.emplace_back(descriptor);
    if (sockets.empty() && predecessor != nullptr) sockets = predecessor->listeners(role);
    return sockets;
}

bool is_inherited(Options const& options, std::string_view role) {
    return std::ranges::any_of(options.listen_descriptors,
                               [&](auto const& each) { return each.first == role; });
}

Result<Listeners> public_listeners(Options const& options, HandoverTaker* predecessor) {
    auto sockets = inherited(options, "public", predecessor);
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

Result<Socket> api_listener(Options const& options, HandoverTaker* predecessor) {
    auto sockets = inherited(options, "api", predecessor);
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
    users.workers = [this](Update const& update) { push(update); };
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
    auto sockets = inherited(options, "redirect", predecessor.get());
    TRY(auto listeners,
        sockets.empty() ? listen(redirect_options) : adopt_listeners(std::move(sockets), 1));
    TRY(redirects, Worker::create(redirect_options, std::move(listeners.sockets.front()), 255));
    journal::redirection_added(listeners.port, options.redirect_to);
    return {};
}

void Proxy::State::watch_names() {
    names = std::make_unique<NameWatch>(
        options.lookup, options.lookup_interval,
        [this](RoutePointer const& route, std::vector<Address> const& addresses) {
            side_loop->post([this, route, addresses] { api->routes().follow(route, addresses); });
        });
}

Result<> Proxy::State::serve_metrics() {
    if (!options.has_metrics()) return {};
    MetricsSource source;
    for (auto const& worker : workers) source.workers.push_back(&worker->recorder().metrics());
    source.api = &api->metrics();
    source.routes = [this] { return api->routes().size(); };
    metrics = std::make_unique<MetricsPage>(std::move(source));
    auto sockets = inherited(options, "metrics", predecessor.get());
    if (sockets.empty()) {
        Options place;
        place.ip = options.metrics_ip == "localhost" ? "127.0.0.1" : options.metrics_ip;
        place.port = options.metrics_port;
        place.socket = options.metrics_socket;
        TRY(auto listeners, listen(place));
        sockets = std::move(listeners.sockets);
    }
    own_metrics_socket = options.metrics_socket;
    TRY(auto listeners, adopt_listeners(std::move(sockets), 1));
    TRY(metrics_server,
        SideServer::create(*side_loop, std::move(listeners.sockets.front()), *metrics));
    return {};
}

Result<std::unique_ptr<Proxy>> Proxy::create(Options options) {
    raise_descriptor_limit();
    auto state = std::make_unique<State>(std::move(options));
    if (state->options.take_over) {
        TRY(state->predecessor, HandoverTaker::begin(state->options.handover_socket));
    }
    if (!state->options.access_log.empty()) {
        TRY(state->access_log, AccessLogWriter::create(state->options.access_log));
    }
    auto* const predecessor = state->predecessor.get();
    TRY(auto listeners, public_listeners(state->options, predecessor));
    state->port = listeners.port;
    state->options.threads = static_cast<unsigned>(listeners.sockets.size());
    TRY_VOID(state->listen_for_redirects());
    unsigned number = 0;
    for (auto& socket : listeners.sockets) {
        TRY(auto worker, Worker::create(state->options, std::move(socket), number++));
        if (state->access_log) worker->recorder().write_to(*state->access_log);
        state->workers.push_back(std::move(worker));
    }
    TRY_VOID(state->set_tls_up());
    TRY(state->side_loop, EventLoop::create());
    state->watch_names();
    state->api = std::make_unique<AdminApi>(
        state->options, state->clock,
        [state = state.get()](Update const& update) { state->push(update); }, state->names.get());
    if (predecessor != nullptr) {
        TRY_VOID(state->api->restore(predecessor->routes(), predecessor->revocations()));
    } else {
        state->load_routes();
        TRY_VOID(state->keep_routes());
    }
    state->let_others_hold_sockets();
    state->gate = std::make_unique<HandoverGate>(*state->api);
    TRY(auto api_socket, api_listener(state->options, predecessor));
    // What somebody else opened is theirs to remove.
    if (!is_inherited(state->options, "api")) state->own_socket = state->options.api_socket;
    SideServer::MakeLayer make_layer;
    if (state->options.api_tls.enabled())
        make_layer = [state = state.get()](int descriptor) {
            return state->api_tls.load()->accept(descriptor);
        };
    TRY(state->api_server, SideServer::create(*state->side_loop, std::move(api_socket),
                                              *state->gate, std::move(make_layer)));
    TRY_VOID(state->serve_metrics());
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
    if (!state_->predecessor) return;
    state_->predecessor->accompany(
        [state = state_.get()](Parcel parcel) { state->adopt_later(std::move(parcel)); },
        [state = state_.get()](ActivityMessage const& message) { state->note_activity(message); });
}

void Proxy::stop() {
    {
        std::scoped_lock const lock(state_->mutex);
        state_->stopping = true;
        state_->changed.notify_all();
    }
    state_->giver.reset();
    for (auto& worker : state_->workers) worker->stop(state_->options.stop_grace);
    if (state_->redirects) state_->redirects->stop(state_->options.stop_grace);
    if (state_->drain_thread.joinable()) state_->drain_thread.join();
    for (auto& thread : state_->threads) thread.join();
    state_->threads.clear();
    if (state_->side_thread.joinable()) {
        state_->side_loop->stop();
        state_->side_thread.join();
    }
    // Only now: the REST API tells it of revocations.
    state_->predecessor.reset();
    if (!state_->own_socket.empty()) unlink(state_->own_socket.c_str());
    state_->own_socket.clear();
    if (!state_->own_metrics_socket.empty()) unlink(state_->own_metrics_socket.c_str());
    state_->own_metrics_socket.clear();
}

unsigned short Proxy::port() const { return state_->port; }
unsigned short Proxy::api_port() const { return state_->api_server->port(); }
unsigned short Proxy::metrics_port() const {
    return state_->metrics_server ? state_->metrics_server->port() : 0;
}
void Proxy::reopen_logs() {
    if (state_->access_log) state_->access_log->reopen();
}
void Proxy::reload() { state_->tls->reload(); }

}  // namespace carrel::proxy
