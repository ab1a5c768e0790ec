#include "proxy/data_plane/tunnel.hpp"

#include "proxy/data_plane/worker.hpp"

namespace carrel::proxy {

namespace {

constexpr size_t tunnel_read = 16384;
/// Once one side has ended, the other gets this long between any two signs of life.
constexpr Milliseconds half_closed_patience = Milliseconds(30000);

}  // namespace

Tunnel::Tunnel(Worker& worker, Client& client, Exchange& exchange)
    : worker_(worker),
      client_(client),
      upstream_(*exchange.take_upstream()),
      route_(exchange.route()),
      token_(exchange.token()),
      seen_(exchange.take_observation()) {
    note_start();
    if (worker_.options().activity_ignores_pings) frames_ = std::make_unique<FrameWatch>();
    // What the client sent right after its request counts too.
    if (!client_.in.empty()) note_client(client_.in.view());
    if (!upstream_.in.empty()) note_upstream(upstream_.in.size());
}

Tunnel::~Tunnel() {
    worker_.upstreams().close(upstream_);
    auto& open = worker_.recorder().metrics().open_tunnels;
    open.set(open.get() - 1);
    if (seen_) worker_.recorder().log(*seen_, client_.address);
}

void Tunnel::note_start() {
    auto& open = worker_.recorder().metrics().open_tunnels;
    open.set(open.get() + 1);
}

void Tunnel::note_client(std::string_view bytes) {
    worker_.recorder().metrics().bytes_from_clients.add(bytes.size());
    if (seen_) seen_->received += bytes.size();
    if (!frames_ || frames_->note(bytes)) route_->activity->touch(worker_.loop().wall_time());
}

void Tunnel::note_upstream(uint64_t size) {
    worker_.recorder().metrics().bytes_to_clients.add(size);
    if (seen_) seen_->sent += size;
}

Outcome Tunnel::step() {
    bool progress = read_client();
    progress |= write_upstream();
    progress |= read_upstream();
    progress |= write_client();
    progress |= pass_on_ends();
    if (broken_ || client_.socket.broken()) return Outcome::Close;
    if (told_client_ && told_upstream_) return Outcome::Close;
    return progress ? Outcome::Progress : Outcome::Waiting;
}

Milliseconds Tunnel::patience() const {
    return told_client_ || told_upstream_ ? half_closed_patience : Milliseconds(0);
}

bool Tunnel::read_client() {
    if (!client_.in.empty() || !client_.socket.readable() || client_.socket.ended()) return false;
    auto const io = client_.socket.read(client_.in, worker_.buffers(), tunnel_read);
    if (io == Io::Broken) broken_ = true;
    if (io == Io::Progress) note_client(client_.in.view());
    return io == Io::Progress;
}

bool Tunnel::read_upstream() {
    auto& socket = upstream_.socket;
    if (!upstream_.in.empty() || !socket.readable() || socket.ended()) return false;
    auto const io = socket.read(upstream_.in, worker_.buffers(), tunnel_read);
    if (io == Io::Broken) broken_ = true;
    if (io == Io::Progress) note_upstream(upstream_.in.size());
    return io == Io::Progress;
}

bool Tunnel::write_upstream() {
    if (client_.in.empty() || !upstream_.writable()) return false;
    auto const io = upstream_.socket.write(client_.in);
    if (io == Io::Broken) broken_ = true;
    return io == Io::Progress;
}

bool Tunnel::write_client() {
    bool const empty = client_.out.empty() && upstream_.in.empty();
    if (empty || !client_.socket.writable()) return false;
    size_t ignored = 0;
    auto const io = client_.socket.write(client_.out, upstream_.in, upstream_.in.size(), ignored);
    if (io == Io::Broken) broken_ = true;
    return io == Io::Progress;
}

bool Tunnel::pass_on_ends() {
    bool progress = false;
    if (client_.socket.ended() && client_.in.empty() && !told_upstream_) {
        told_upstream_ = progress = true;
        upstream_.socket.shut_down_writing();
    }
    if (upstream_.socket.ended() && upstream_.in.empty() && client_.out.empty() && !told_client_) {
        told_client_ = progress = true;
        client_.socket.shut_down_writing();
    }
    return progress;
}

}  // namespace carrel::proxy
