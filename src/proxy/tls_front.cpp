#include "proxy/tls_front.hpp"

#include "proxy/listener.hpp"
#include "runtime/log.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>

namespace carrel::proxy {

namespace {

constexpr size_t relay_read = 16384;
/// The server behind has limits of its own; this one is for a peer that has vanished.
constexpr Milliseconds idle_patience = Milliseconds(120000);
constexpr size_t most_relays = 1024;

}  // namespace

class TlsFront::Acceptor final : public EventHandler {
public:
    Acceptor(TlsFront& front, Socket socket) : socket(std::move(socket)), front_(front) {}
    void on_ready(uint32_t) override { front_.accept(); }
    void on_deadline() override {}
    Socket socket;

private:
    TlsFront& front_;
};

/// One connection: the client's side with TLS, the inner side without.
class TlsFront::Relay final : public EventHandler {
public:
    Relay(TlsFront& front, Socket client) : client_(std::move(client)), front_(front) {}

    Result<> start(Address const& inner) {
        TRY(inner_.socket, Socket::connect(inner));
        TRY_VOID(front_.loop_->watch(inner_.socket.descriptor(), inner_, Socket::events));
        TRY_VOID(front_.loop_->watch(client_.descriptor(), *this, Socket::events));
        front_.loop_->set_deadline(*this, handshake_patience);
        return {};
    }
    void on_ready(uint32_t events) override {
        client_.note(events);
        advance();
    }
    void on_deadline() override { close(); }
    void close() {
        if (!client_.is_open()) return;
        client_.close();
        inner_.socket.close();
        std::erase(front_.relays_, this);
        front_.loop_->retire(std::unique_ptr<EventHandler>(this));
    }

private:
    /// The inner side's events come to the relay.
    struct Inner final : EventHandler {
        explicit Inner(Relay& owner) : relay(owner) {}
        void on_ready(uint32_t events) override {
            socket.note(events);
            relay.advance();
        }
        void on_deadline() override {}
        Socket socket;
        Relay& relay;
    };

    void advance() {
        if (!client_.is_open()) return;
        if (!established_) {
            auto const io = client_.establish();
            if (io == Io::Blocked) return;
            if (io != Io::Progress) {
                log::warn("handshake_failed", {{"origin", "client"},
                                               {"side", "api"},
                                               {"reason", client_.layer()->problem()}});
                close();
                return;
            }
            established_ = true;
        }
        front_.loop_->set_deadline(*this, idle_patience);
        bool progress = true;
        while (progress && !broken_) {
            progress = move(client_, inner_.socket, to_inner_, told_inner_);
            progress |= move(inner_.socket, client_, to_client_, told_client_);
        }
        if (broken_ || told_client_) close();
    }

    /// Reads what there is and writes it on; passes an end on, too. False: nothing moved.
    bool move(Socket& from, Socket& to, Buffer& buffer, bool& told) {
        bool progress = false;
        if (buffer.empty() && from.readable() && !from.ended())
            progress |= note(from.read(buffer, front_.buffers_, relay_read));
        if (!buffer.empty() && to.writable()) progress |= note(to.write(buffer));
        if (from.ended() && buffer.empty() && !told) {
            told = progress = true;
            to.shut_down_writing();
        }
        return progress;
    }

    bool note(Io io) {
        if (io == Io::Broken) broken_ = true;
        return io == Io::Progress;
    }

    Socket client_;
    Inner inner_{*this};
    Buffer to_inner_;
    Buffer to_client_;
    TlsFront& front_;
    bool established_ = false;
    bool told_inner_ = false;
    bool told_client_ = false;
    bool broken_ = false;
};

Result<std::unique_ptr<TlsFront>> TlsFront::create(Options const& listening) {
    TRY(auto loop, EventLoop::create());
    auto name = (std::filesystem::temp_directory_path() / "carrel-proxy-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) return fail_errno("make the folder {}", name);
    std::unique_ptr<TlsFront> front(new TlsFront(std::move(loop), name));
    Options options = listening;
    options.threads = 1;
    TRY(auto listeners, listen(options));
    front->port_ = listeners.port;
    front->acceptor_ = std::make_unique<Acceptor>(*front, std::move(listeners.sockets.front()));
    TRY_VOID(
        front->loop_->watch(front->acceptor_->socket.descriptor(), *front->acceptor_, EPOLLIN));
    return front;
}

TlsFront::TlsFront(std::unique_ptr<EventLoop> loop, std::filesystem::path folder)
    : loop_(std::move(loop)), folder_(std::move(folder)) {}

TlsFront::~TlsFront() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void TlsFront::use(TlsServerPointer server) {
    loop_->post([this, server = std::move(server)]() mutable { server_ = std::move(server); });
}

void TlsFront::start() {
    thread_ = std::thread([this] { loop_->run(); });
}

void TlsFront::stop() {
    if (thread_.joinable()) {
        loop_->stop();
        thread_.join();
    }
    auto const all = relays_;
    for (auto* relay : all) relay->close();
}

void TlsFront::accept() {
    int const descriptor =
        accept4(acceptor_->socket.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return;
    Socket client(descriptor);
    if (!server_ || relays_.size() >= most_relays) return;
    auto const inner = unix_address(inner_socket().string());
    if (!inner) return;
    client.set_layer(server_->accept(descriptor));
    auto relay = std::make_unique<Relay>(*this, std::move(client));
    if (auto const started = relay->start(*inner); !started) {
        log::warn("api_unreachable", {{"reason", started.error().message}});
        loop_->retire(std::move(relay));
        return;
    }
    relays_.push_back(relay.release());
}

}  // namespace carrel::proxy
