#include "proxy/data_plane/worker.hpp"

#include "base/random.hpp"
#include "proxy/data_plane/address_text.hpp"
#include "runtime/log.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>

namespace carrel::proxy {

namespace {

constexpr Milliseconds accept_pause = Milliseconds(200);
constexpr Milliseconds stop_check = Milliseconds(64);
/// Descriptors that are not for connections: listeners, epoll, the API, logs.
constexpr size_t reserved_descriptors = 64;
constexpr size_t most_pipes = 256;
constexpr int accepts_in_a_row = 64;

/// How many descriptors each of the threads may have for its connections.
size_t descriptors_of_one(unsigned threads) {
    rlimit limit = {};
    getrlimit(RLIMIT_NOFILE, &limit);
    auto const descriptors = std::max<size_t>(limit.rlim_cur, 4 * reserved_descriptors);
    return (descriptors - reserved_descriptors) / std::max(threads, 1U);
}

/// A sixteenth of the descriptors at most; a transfer that gets no pipe is copied.
size_t pipe_limit(unsigned threads) {
    return std::clamp<size_t>(descriptors_of_one(threads) / 32, 1, most_pipes);
}

/// Each client may need an upstream, too.
size_t connection_limit(unsigned threads) {
    return descriptors_of_one(threads) / 2 - pipe_limit(threads);
}

/// splice(2) to a broken socket knows no MSG_NOSIGNAL.
void block_sigpipe() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

/// Accepts when the listening socket has something, or a pause is over.
class Worker::Listener final : public EventHandler {
public:
    Listener(Worker& worker, Socket socket) : socket(std::move(socket)), worker_(worker) {}
    void on_ready(uint32_t) override { worker_.accept_connections(); }
    void on_deadline() override {
        if (!paused || !socket.is_open()) return;
        paused = false;
        if (worker_.loop_->watch(socket.descriptor(), *this, EPOLLIN)) worker_.accept_connections();
    }
    Socket socket;
    bool paused = false;

private:
    Worker& worker_;
};

/// Looks again and again whether a stopping worker has finished.
class Worker::Stopper final : public EventHandler {
public:
    Stopper(Worker& worker, int64_t until) : until(until), worker_(worker) {}
    void on_ready(uint32_t) override {}
    void on_deadline() override { worker_.end_if_quiet(); }
    int64_t const until;

private:
    Worker& worker_;
};

Result<std::unique_ptr<Worker>> Worker::create(Options const& options, Socket listener,
                                               unsigned number) {
    TRY(auto loop, EventLoop::create(options.time));
    auto worker = std::unique_ptr<Worker>(new Worker(options, std::move(loop), number));
    worker->listener_ = std::make_unique<Listener>(*worker, std::move(listener));
    // Level-triggered: connections that were left for later must be announced again.
    TRY_VOID(
        worker->loop_->watch(worker->listener_->socket.descriptor(), *worker->listener_, EPOLLIN));
    return worker;
}

Worker::Worker(Options const& options, std::unique_ptr<EventLoop> loop, unsigned number)
    : options_(options),
      loop_(std::move(loop)),
      pipes_(pipe_limit(options.threads)),
      upstreams_(*loop_),
      auth_(options.edge_key),
      recorder_(*loop_, options),
      most_connections_(connection_limit(options.threads)),
      tidier_(*loop_, buffers_) {
    SystemRandom random;
    request_id_prefix_ = fmt::format("{}{:x}-", random.hex(4), number);
}

Worker::~Worker() { close_everything(); }

void Worker::run() {
    block_sigpipe();
    loop_->run();
}

void Worker::accept_connections() {
    for (int i = 0; i < accepts_in_a_row && !draining_; ++i) {
        if (full()) return stop_accepting_for_now();
        sockaddr_storage address = {};
        socklen_t length = sizeof(address);
        int const descriptor =
            accept4(listener_->socket.descriptor(), reinterpret_cast<sockaddr*>(&address), &length,
                    SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            adopt(descriptor, address_text(address));
            continue;
        }
        if (errno == ECONNABORTED || errno == EINTR) continue;
        if (errno != EAGAIN) stop_accepting_for_now();
        return;
    }
}

void Worker::adopt(int descriptor, std::string address) {
    Socket socket(descriptor);
    if (options_.tls.enabled()) {
        if (version_.load(std::memory_order_acquire) != seen_version_) apply_updates();
        if (!tls_) return;
        socket.set_layer(tls_->accept(descriptor));
    }
    add(std::make_unique<Connection>(*this, std::move(socket), std::move(address)), nullptr);
}

Connection& Worker::adopt(Socket socket, std::string address) {
    keep(std::make_unique<Connection>(*this, std::move(socket), std::move(address)));
    return *connections_.back();
}

void Worker::keep(std::unique_ptr<Connection> connection) {
    connection->index_ = static_cast<uint32_t>(connections_.size());
    connections_.push_back(connection.release());
    recorder_.metrics().connections.add();
    note_connections();
}

void Worker::note_connections() {
    recorder_.metrics().open_connections.set(connections_.size());
    tidier_.note(connections_.size());
}

void Worker::add(std::unique_ptr<Connection> connection, Parcel* parcel) {
    if (!loop_->watch(connection->client_.socket.descriptor(), *connection, Socket::events)) return;
    keep(std::move(connection));
    auto* const added = connections_.back();
    if (parcel == nullptr)
        added->start();
    else if (!added->adopt(*parcel))
        added->close();
}

int Worker::listener_descriptor() const { return listener_->socket.descriptor(); }

void Worker::pause_accepting() {
    loop_->clear_deadline(*listener_);
    loop_->unwatch(listener_->socket.descriptor());
    listener_->paused = true;
}

void Worker::resume_accepting() { loop_->set_deadline(*listener_, Milliseconds(0)); }

void Worker::close_listener() {
    loop_->clear_deadline(*listener_);
    if (!listener_->socket.is_open()) return;
    // Others may hold the same socket, and it would stay watched as long as they do.
    loop_->unwatch(listener_->socket.descriptor());
    listener_->socket.close();
}

/// No descriptor is left: asking again and again would only burn the processor.
void Worker::stop_accepting_for_now() {
    if (listener_->paused) return;
    listener_->paused = true;
    loop_->unwatch(listener_->socket.descriptor());
    loop_->set_deadline(*listener_, accept_pause);
    log::warn("accept_paused", {{"connections", connections_.size()}});
}

void Worker::forget(Connection& connection) {
    auto* const last = connections_.back();
    connections_[connection.index_] = last;
    last->index_ = connection.index_;
    connections_.pop_back();
    note_connections();
    loop_->retire(std::unique_ptr<EventHandler>(&connection));
}

std::string Worker::next_request_id() {
    std::array<char, 16> number = {};
    auto const end =
        std::to_chars(number.data(), number.data() + number.size(), ++requests_, 16).ptr;
    auto id = request_id_prefix_;
    id.append(number.data(), end);
    return id;
}

void Worker::push(Update update) {
    bool first = false;
    {
        std::scoped_lock const lock(mutex_);
        first = pushed_.empty();
        pushed_.push_back(std::move(update));
        version_.fetch_add(1, std::memory_order_release);
    }
    if (first) loop_->post([this] { apply_updates(); });
}

RouteTable const& Worker::routes() {
    if (version_.load(std::memory_order_acquire) != seen_version_) apply_updates();
    return routes_;
}

void Worker::apply_updates() {
    std::vector<Update> updates;
    {
        std::scoped_lock const lock(mutex_);
        updates.swap(pushed_);
        seen_version_ = version_.load(std::memory_order_relaxed);
    }
    for (auto& update : updates) apply(update);
}

void Worker::apply(Update& update) {
    if (auto* const route = std::get_if<RoutePointer>(&update))
        routes_.put(std::move(*route));
    else if (auto const* const removal = std::get_if<RemoveRoute>(&update))
        routes_.remove(removal->path);
    else if (auto* const server = std::get_if<TlsServerPointer>(&update))
        tls_ = std::move(*server);
    else if (auto* const client = std::get_if<TlsClientPointer>(&update))
        upstreams_.use(std::move(*client));
    else
        revoke(std::get<Revocation>(update));
}

void Worker::revoke(Revocation const& revocation) {
    auth_.revocations().forget_before(loop_->wall_time());
    auth_.revocations().add(revocation);
    std::vector<Connection*> ended;
    for (auto* connection : connections_)
        if (auto const token = connection->token(); token && revocation.refuses(*token))
            ended.push_back(connection);
    for (auto* connection : ended) connection->close();
}

void Worker::stop(Milliseconds grace) {
    loop_->post([this, grace] { begin_stop(grace); });
}

void Worker::begin_stop(Milliseconds grace) {
    hand_on_ = nullptr;  // who leaves and is told to stop waits for tunnels no longer
    begin_draining(grace);
}

void Worker::begin_draining(Milliseconds patience) {
    draining_ = true;
    close_listener();
    auto const all = connections_;
    for (auto* connection : all)
        if (!hand_on(*connection)) connection->drain();
    upstreams_.close_idle();
    if (stopper_) loop_->clear_deadline(*stopper_);
    stopper_ = std::make_unique<Stopper>(*this, loop_->now() + patience.count());
    end_if_quiet();
}

void Worker::end_if_quiet() {
    bool const busy = std::ranges::any_of(connections_, [this](Connection const* connection) {
        return hand_on_ || !connection->is_tunnel();
    });
    if (busy && loop_->now() < stopper_->until) {
        loop_->set_deadline(*stopper_, stop_check);
        return;
    }
    close_everything();
    loop_->stop();
}

void Worker::close_everything() {
    auto const all = connections_;
    for (auto* connection : all) connection->close();
    upstreams_.close_idle();
}

}  // namespace carrel::proxy
