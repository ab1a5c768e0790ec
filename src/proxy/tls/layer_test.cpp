/// TLS between two ends of a pair of sockets, step by step.

#include "proxy/tls/layer.hpp"

#include "proxy/data_plane/socket.hpp"
#include "proxy/testing/tls.hpp"

#include <gtest/gtest.h>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>

namespace carrel::proxy {
namespace {

/// Our end is `socket_`; the other speaks by OpenSSL alone.
class LayerOfTls : public testing::Test {
protected:
    void SetUp() override {
        auto server = make_context(TLS_server_method());
        auto client = make_context(TLS_client_method());
        ASSERT_TRUE(server && client);
        server_ = *std::move(server);
        client_ = *std::move(client);
        auto const used =
            use_certificate(*server_, authority_.issue("localhost", "DNS:localhost"), "");
        ASSERT_TRUE(used) << used.error().message;
        std::array<int, 2> ends = {};
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
        socket_ = Socket(ends[0]);
        other_ = ends[1];
        socket_.set_layer(
            std::make_unique<TlsLayer>(*server_, ends[0], TlsLayer::Role::Server, nullptr));
        peer_.reset(SSL_new(client_.get()));
        SSL_set_fd(peer_.get(), other_);
        SSL_set_connect_state(peer_.get());
        for (int i = 0; i < 10 && !(established_ && SSL_is_init_finished(peer_.get())); ++i) {
            SSL_do_handshake(peer_.get());
            if (!established_) established_ = socket_.establish() == Io::Progress;
        }
        ASSERT_TRUE(established_ && SSL_is_init_finished(peer_.get()));
        // Nothing has come yet.
        ASSERT_EQ(socket_.read(buffer_, pool_, 100), Io::Blocked);
    }
    void TearDown() override {
        socket_.close();
        peer_.reset();
        close(other_);
    }

    void send(size_t size) {
        std::string const bytes(size, 'x');
        ASSERT_EQ(SSL_write(peer_.get(), bytes.data(), static_cast<int>(size)),
                  static_cast<int>(size));
        socket_.note(EPOLLIN);
    }
    Io read(size_t size) {
        buffer_.clear();
        return socket_.read(buffer_, pool_, size);
    }

    TestAuthority authority_;
    SslContext server_;
    SslContext client_;
    std::unique_ptr<SSL, FreeSsl> peer_;
    int other_ = -1;
    bool established_ = false;
    BufferPool pool_;
    Buffer buffer_;
    Socket socket_;
};

TEST_F(LayerOfTls, IsNotAskedInVainAfterAWholeRecord) {
    send(100);
    EXPECT_EQ(read(BufferPool::small_read), Io::Progress);
    EXPECT_EQ(buffer_.size(), 100U);
    EXPECT_FALSE(socket_.readable());
}

// No event tells of the second record again: it came while the first was half read.
TEST_F(LayerOfTls, StaysReadableForWhatCameWhileARecordWasReadInParts) {
    send(10'000);
    EXPECT_EQ(read(BufferPool::small_read), Io::Progress);
    ASSERT_LT(buffer_.size(), 10'000U);
    EXPECT_TRUE(socket_.readable());
    send(500);
    EXPECT_EQ(read(BufferPool::bulk_read), Io::Progress);
    ASSERT_TRUE(socket_.readable());
    EXPECT_EQ(read(BufferPool::bulk_read), Io::Progress);
    EXPECT_EQ(buffer_.size(), 500U);
    EXPECT_FALSE(socket_.readable());
}

}  // namespace
}  // namespace carrel::proxy
