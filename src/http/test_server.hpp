#pragma once

/// For tests: a server on a thread of its own, reached over a real socket, by `Client` or by raw
/// bytes.

#include "base/encoding.hpp"
#include "base/temporary_folder.hpp"
#include "http/client.hpp"
#include "http/router.hpp"
#include "http/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <future>
#include <thread>

namespace carrel::http {

/// A connection that sends what no decent client would.
class RawConnection {
public:
    explicit RawConnection(std::filesystem::path const& path)
        : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("connect");
        timeval const limit{.tv_sec = 20, .tv_usec = 0};  // so that a failing test ends
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    RawConnection(RawConnection const&) = delete;
    RawConnection& operator=(RawConnection const&) = delete;
    ~RawConnection() { close(); }

    void close() {
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
    }
    void send(std::string_view data) const {
        while (!data.empty()) {
            auto const sent = ::send(socket_, data.data(), data.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            data.remove_prefix(static_cast<size_t>(sent));
        }
    }
    /// Everything until the server closes.
    [[nodiscard]] std::string read_all() const {
        std::string all;
        while (read_some(all)) {
        }
        return all;
    }
    /// Everything up to and with `mark`; less when the server closes before.
    [[nodiscard]] std::string read_until(std::string_view mark) const {
        std::string all;
        while (all.find(mark) == std::string::npos && read_some(all)) {
        }
        return all;
    }

private:
    bool read_some(std::string& into) const {
        char piece[4096];
        auto const count = ::recv(socket_, piece, sizeof piece, 0);
        if (count <= 0) return false;
        into.append(piece, static_cast<size_t>(count));
        return true;
    }
    int socket_;
};

class TestServer {
public:
    explicit TestServer(Server::Respond respond, ServerLimits limits = {})
        : TestServer(UnixSocket{}, std::move(respond), limits) {}

    TestServer(ListenAddress address, Server::Respond respond, ServerLimits limits = {}) {
        if (auto* unix = std::get_if<UnixSocket>(&address)) unix->path = socket();
        auto created = Server::create(io.get_executor(), address, std::move(respond), limits);
        if (!created) throw std::runtime_error(created.error().message);
        server = *std::move(created);
        server->start();
        thread_ = std::thread([this] { io.run(); });
    }
    ~TestServer() {
        stop(Milliseconds(0));
        io.stop();
        thread_.join();
    }
    TestServer(TestServer const&) = delete;
    TestServer& operator=(TestServer const&) = delete;

    void stop(Milliseconds grace) { (void)wait_for(server->stop(grace)); }

    /// Runs a task on the server's thread and waits for it.
    template <class T>
    Result<T> wait_for(Task<T> task) {
        return asio::co_spawn(io, std::move(task), asio::use_future).get();
    }

    [[nodiscard]] std::filesystem::path socket() const { return folder.path() / "s.sock"; }
    [[nodiscard]] std::string url(std::string_view path) const {
        if (server->port() != 0) return fmt::format("http://127.0.0.1:{}{}", server->port(), path);
        return fmt::format("http+unix://{}{}", percent_encode(socket().string()), path);
    }
    [[nodiscard]] RawConnection connect() const { return RawConnection(socket()); }
    Result<ClientResponse> fetch(ClientRequest request) {
        request.url = url(request.url);
        return client.fetch(request, Deadline::after(Seconds(20)));
    }
    Result<ClientResponse> get(std::string path) { return fetch({.url = std::move(path)}); }

    TemporaryFolder folder;
    asio::io_context io;
    std::unique_ptr<Server> server;
    Client client;

private:
    // A stopped server leaves the context without work, and the test may still ask something of it.
    asio::executor_work_guard<asio::io_context::executor_type> work_{io.get_executor()};
    std::thread thread_;
};

}  // namespace carrel::http
