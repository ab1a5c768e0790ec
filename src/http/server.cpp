#include "http/server.hpp"

#include "http/connection.hpp"
#include "runtime/deadline.hpp"
#include "runtime/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace carrel::http {

namespace {

using Tcp = asio::ip::tcp;
using Unix = asio::local::stream_protocol;
using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr int backlog = 1024;

std::unexpected<Error> fail_listen(std::string_view where, boost::system::error_code error) {
    auto const code = error == asio::error::address_in_use  ? Code::Conflict
                      : error == asio::error::access_denied ? Code::PermissionDenied
                                                            : Code::Unavailable;
    return fail(code, "listen on {}: {}", where, error.message());
}

Result<Tcp::acceptor> listen_tcp(asio::any_io_executor const& executor, TcpAddress const& where) {
    boost::system::error_code error;
    auto const address = asio::ip::make_address(where.address, error);
    if (error) return fail(Code::InvalidArgument, "listen on {}: no address", where.address);
    Tcp::endpoint const endpoint(address, where.port);
    auto const text = fmt::format("{}:{}", where.address, where.port);
    Tcp::acceptor acceptor(executor);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(backlog, error);
    if (error) return fail_listen(text, error);
    return acceptor;
}

/// Removes the socket file that a killed process left. Conflict: somebody answers on it.
Result<> clear_stale(asio::any_io_executor const& executor, std::filesystem::path const& path) {
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0) return {};
    if (!S_ISSOCK(info.st_mode))
        return fail(Code::Conflict, "listen on {}: something else is there", path.string());
    Unix::socket probe(executor);
    boost::system::error_code error;
    probe.connect(Unix::endpoint(path.string()), error);
    if (!error) return fail(Code::Conflict, "listen on {}: in use", path.string());
    ::unlink(path.c_str());
    return {};
}

Result<Unix::acceptor> listen_unix(asio::any_io_executor const& executor, UnixSocket const& where) {
    auto const text = where.path.string();
    if (text.size() >= sizeof(sockaddr_un::sun_path))
        return fail(Code::InvalidArgument, "listen on {}: the path is too long", text);
    TRY_VOID(clear_stale(executor, where.path));
    boost::system::error_code error;
    Unix::acceptor acceptor(executor);
    acceptor.open(Unix(), error);
    if (!error) acceptor.bind(Unix::endpoint(text), error);
    if (error) return fail_listen(text, error);
    // Before listen(), when nobody can connect yet.
    if (::chmod(text.c_str(), 0600) != 0) return fail_errno("listen on {}", text);
    acceptor.listen(backlog, error);
    if (error) return fail_listen(text, error);
    return acceptor;
}

Result<Acceptor> adopt(asio::any_io_executor const& executor, Inherited const& inherited) {
    int family = 0;
    int listens = 0;
    socklen_t size = sizeof(family);
    if (::getsockopt(inherited.descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0 ||
        ::getsockopt(inherited.descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0)
        return fail_errno("take over descriptor {} as a listening socket", inherited.descriptor);
    if (listens == 0)
        return fail(Code::InvalidArgument, "take over descriptor {}: it does not listen",
                    inherited.descriptor);
    ::fcntl(inherited.descriptor, F_SETFD, FD_CLOEXEC);
    Acceptor acceptor(executor);
    boost::system::error_code error;
    acceptor.assign(asio::generic::stream_protocol(family, 0), inherited.descriptor, error);
    if (error) return fail_listen("an inherited socket", error);
    return acceptor;
}

unsigned short port_of(Acceptor const& acceptor) {
    boost::system::error_code ignored;
    auto const endpoint = acceptor.local_endpoint(ignored);
    Tcp::endpoint tcp;
    if (endpoint.protocol().family() == AF_UNIX || endpoint.size() > tcp.capacity()) return 0;
    std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
    tcp.resize(endpoint.size());
    return tcp.port();
}

}  // namespace

struct Server::State {
    State(asio::any_io_executor where, Acceptor listener)
        : tasks(where), changed(where), acceptor(std::move(listener)) {}

    static Task<> accept_all(std::shared_ptr<State> self) {
        while (!self->context->stopping) {
            auto [error, peer] = co_await self->acceptor.async_accept(token);
            if (error == asio::error::operation_aborted) break;
            if (error) {
                if (self->context->stopping) break;
                // Mostly too many open files; others may end while we wait.
                log::warn("accept_failed", {{"cause", error.message()}});
                (void)co_await sleep_for(Milliseconds(100));
                continue;
            }
            if (self->port != 0) peer.set_option(Tcp::no_delay(true), error);
            auto place = self->take_place(peer.native_handle());
            if (!place) continue;
            auto wire = std::make_shared<Wire>(std::move(peer));
            self->tasks.start("connection", serve(self, std::move(wire), *std::move(place)));
        }
        co_return Result<>();
    }

    /// One of the connections that a user of the machine may have; given back when it goes.
    using Place = std::shared_ptr<void>;

    /// Nothing: they have as many as they may.
    std::optional<Place> take_place(int connection) {
        auto const most = context->limits.connections_of_a_user;
        ucred user{};
        socklen_t size = sizeof user;
        if (most == 0 || ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &user, &size) != 0)
            return Place();
        auto& taken = places[user.uid];
        if (taken >= most) {
            if (!std::exchange(crowded, true))
                log::warn("too_many_connections", {{"user", user.uid}, {"most", most}});
            return std::nullopt;
        }
        ++taken;
        return Place(nullptr, [this, uid = user.uid](void*) {
            if (--places[uid] == 0) places.erase(uid);
            if (places.empty()) crowded = false;
        });
    }

    static Task<> serve(std::shared_ptr<State> self, std::shared_ptr<Wire> wire,
                        [[maybe_unused]] Place place) {
        self->wires.insert(wire);
        (void)co_await serve_connection(wire, self->context);
        self->wires.erase(wire);
        self->changed.cancel();
        co_return Result<>();
    }

    void close_acceptor() {
        context->stopping = true;
        boost::system::error_code ignored;
        acceptor.close(ignored);
        struct stat info{};
        // A successor may already listen under the same name.
        if (!socket_path.empty() && ::lstat(socket_path.c_str(), &info) == 0 &&
            info.st_ino == socket_inode)
            ::unlink(socket_path.c_str());
        socket_path.clear();
    }

    std::shared_ptr<ServerContext> context = std::make_shared<ServerContext>();
    TaskGroup tasks;
    asio::steady_timer changed;  // cancelled when a connection has ended
    Acceptor acceptor;
    std::set<std::shared_ptr<Wire>> wires;
    std::map<uid_t, size_t> places;  // taken, by user
    bool crowded = false;            // somebody has had too many, and that was said
    unsigned short port = 0;
    std::filesystem::path socket_path;
    ino_t socket_inode = 0;
};

Result<std::unique_ptr<Server>> Server::create(asio::any_io_executor executor,
                                               ListenAddress const& address, Respond respond,
                                               ServerLimits limits) {
    std::shared_ptr<State> state;
    if (auto const* tcp = std::get_if<TcpAddress>(&address)) {
        TRY(auto acceptor, listen_tcp(executor, *tcp));
        auto const port = acceptor.local_endpoint().port();
        state = std::make_shared<State>(executor, std::move(acceptor));
        state->port = port;
    } else if (auto const* inherited = std::get_if<Inherited>(&address)) {
        TRY(auto acceptor, adopt(executor, *inherited));
        auto const port = port_of(acceptor);
        state = std::make_shared<State>(executor, std::move(acceptor));
        state->port = port;
    } else {
        auto const& path = std::get<UnixSocket>(address).path;
        TRY(auto acceptor, listen_unix(executor, {path}));
        state = std::make_shared<State>(executor, std::move(acceptor));
        struct stat info{};
        if (::lstat(path.c_str(), &info) == 0) state->socket_inode = info.st_ino;
        state->socket_path = path;
    }
    state->context->respond = std::move(respond);
    state->context->limits = limits;
    return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() {
    state_->close_acceptor();
    for (auto const& wire : state_->wires) wire->cut();
}

unsigned short Server::port() const { return state_->port; }

int Server::descriptor() const {
    return state_->acceptor.is_open() ? state_->acceptor.native_handle() : -1;
}

void Server::give_up_listening() {
    state_->socket_path.clear();
    state_->context->last_answers = true;
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
}

void Server::start() { state_->tasks.start("accept", State::accept_all(state_)); }

Task<> Server::wind_down(Milliseconds longest) {
    auto const state = state_;
    state->context->last_answers = true;
    auto const deadline = Deadline::after(longest);
    auto const kept = [](auto const& wire) { return wire->kept; };
    while (std::ranges::any_of(state->wires, kept) && !deadline.passed()) {
        state->changed.expires_at(deadline.at());
        co_await state->changed.async_wait(token);
    }
    co_return Result<>();
}

Task<> Server::stop(Milliseconds grace) {
    auto const state = state_;
    state->close_acceptor();
    auto const deadline = Deadline::after(grace);
    for (auto const& wire : state->wires)
        if (wire->idle && wire->answered) wire->cut();
    while (!state->wires.empty() && !deadline.passed()) {
        state->changed.expires_at(deadline.at());
        co_await state->changed.async_wait(token);
    }
    for (auto const& wire : state->wires) wire->cut();
    co_return co_await state->tasks.close();
}

}  // namespace carrel::http
