/// A socket whose bytes go through a layer, tried with one that the test directs.

#include "proxy/data_plane/layer.hpp"

#include "proxy/data_plane/socket.hpp"

#include <gtest/gtest.h>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>

namespace carrel::proxy {

namespace {

/// What a scripted layer was asked for, which outlives it.
struct Script {
    std::string incoming;        ///< what `receive` gives
    size_t piece = 1000;         ///< at most so much in one call, either way
    int receive_error = EAGAIN;  ///< when nothing is incoming; 0 is the end
    int send_error = 0;
    int establish_error = 0;
    bool crossed = false;
    std::string sent;
    std::string ends;  ///< "shut_down ", "close ", "reset "
};

class ScriptedLayer final : public Layer {
public:
    explicit ScriptedLayer(Script& script) : script_(script) {}

    int establish() override {
        errno = script_.establish_error;
        return script_.establish_error == 0 ? 0 : -1;
    }
    ssize_t receive(char* bytes, size_t size) override {
        if (script_.incoming.empty()) {
            errno = script_.receive_error;
            return script_.receive_error == 0 ? 0 : -1;
        }
        auto const count = script_.incoming.copy(bytes, std::min(size, script_.piece));
        script_.incoming.erase(0, count);
        return static_cast<ssize_t>(count);
    }
    ssize_t send(iovec const* parts, int count) override {
        if (script_.send_error != 0) {
            errno = script_.send_error;
            return -1;
        }
        std::string all;
        for (int i = 0; i < count; ++i)
            all.append(static_cast<char const*>(parts[i].iov_base), parts[i].iov_len);
        all.resize(std::min(all.size(), script_.piece));
        script_.sent += all;
        return static_cast<ssize_t>(all.size());
    }
    bool pending() const override { return !script_.incoming.empty(); }
    bool crossed() const override { return script_.crossed; }
    void shut_down_writing() override { script_.ends += "shut_down "; }
    void close() override { script_.ends += "close "; }
    void reset() override { script_.ends += "reset "; }
    bool secure() const override { return true; }

private:
    Script& script_;
};

class LayeredSocket : public testing::Test {
protected:
    Script script_;
    BufferPool pool_;
    Buffer buffer_;
    Socket socket_{std::make_unique<ScriptedLayer>(script_)};
};

}  // namespace

TEST_F(LayeredSocket, IsOpenWithoutADescriptorUntilItIsClosed) {
    EXPECT_TRUE(socket_.is_open());
    EXPECT_EQ(socket_.descriptor(), -1);
    EXPECT_TRUE(socket_.secure());
    socket_.close();
    EXPECT_FALSE(socket_.is_open());
    socket_.close();
    EXPECT_EQ(script_.ends, "close ");
}

TEST_F(LayeredSocket, MovesWithItsLayer) {
    Socket other(std::move(socket_));
    EXPECT_TRUE(other.is_open());
    EXPECT_FALSE(socket_.is_open());  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(script_.ends, "");
}

TEST_F(LayeredSocket, StaysReadableAfterAShortReadWhileTheLayerHasMore) {
    script_.incoming = "onetwo";
    script_.piece = 3;
    socket_.note(EPOLLIN);
    EXPECT_EQ(socket_.read(buffer_, pool_, 100), Io::Progress);
    EXPECT_TRUE(socket_.readable());
    EXPECT_EQ(socket_.read(buffer_, pool_, 100), Io::Progress);
    EXPECT_FALSE(socket_.readable());
    EXPECT_EQ(buffer_.view(), "onetwo");
}

TEST_F(LayeredSocket, StaysWritableAfterAShortWrite) {
    script_.piece = 4;
    socket_.note(EPOLLOUT);
    uint32_t sent = 0;
    EXPECT_EQ(socket_.write("123456", sent), Io::Progress);
    EXPECT_EQ(sent, 4U);
    EXPECT_TRUE(socket_.writable());
    EXPECT_EQ(socket_.write("123456", sent), Io::Progress);
    EXPECT_EQ(script_.sent, "123456");
}

TEST_F(LayeredSocket, WritesTwoBuffersInOneCall) {
    Buffer first;
    Buffer second;
    ASSERT_TRUE(first.append(pool_, "head"));
    ASSERT_TRUE(second.append(pool_, "body and more"));
    size_t of_second = 0;
    EXPECT_EQ(socket_.write(first, second, 4, of_second), Io::Progress);
    EXPECT_EQ(of_second, 4U);
    EXPECT_EQ(script_.sent, "headbody");
    EXPECT_EQ(second.view(), " and more");
}

TEST_F(LayeredSocket, WaitsForItsOwnDirection) {
    socket_.note(EPOLLIN | EPOLLOUT);
    EXPECT_EQ(socket_.read(buffer_, pool_, 100), Io::Blocked);
    EXPECT_FALSE(socket_.readable());
    EXPECT_TRUE(socket_.writable());
    socket_.note(EPOLLOUT);
    EXPECT_FALSE(socket_.readable());
}

TEST_F(LayeredSocket, TriesAReadAgainWhenItCanWriteIfThatIsWhatTheReadWaitsFor) {
    socket_.note(EPOLLIN);
    script_.crossed = true;
    EXPECT_EQ(socket_.read(buffer_, pool_, 100), Io::Blocked);
    EXPECT_FALSE(socket_.readable());
    socket_.note(EPOLLOUT);
    EXPECT_TRUE(socket_.readable());
}

TEST_F(LayeredSocket, TriesAWriteAgainWhenItCanReadIfThatIsWhatTheWriteWaitsFor) {
    socket_.note(EPOLLOUT);
    script_.crossed = true;
    script_.send_error = EAGAIN;
    uint32_t sent = 0;
    EXPECT_EQ(socket_.write("x", sent), Io::Blocked);
    EXPECT_FALSE(socket_.writable());
    socket_.note(EPOLLIN);
    EXPECT_TRUE(socket_.writable());
}

TEST_F(LayeredSocket, TellsAnEndFromABreak) {
    script_.receive_error = 0;
    EXPECT_EQ(socket_.read(buffer_, pool_, 100), Io::Ended);
    EXPECT_TRUE(socket_.ended());
    script_.receive_error = EPROTO;
    EXPECT_EQ(socket_.read(buffer_, pool_, 100), Io::Broken);
    EXPECT_TRUE(socket_.broken());
}

TEST_F(LayeredSocket, IsReadyOnceEstablished) {
    script_.establish_error = EAGAIN;
    EXPECT_EQ(socket_.establish(), Io::Blocked);
    EXPECT_FALSE(socket_.readable());
    script_.establish_error = 0;
    EXPECT_EQ(socket_.establish(), Io::Progress);
    EXPECT_TRUE(socket_.readable());
    EXPECT_TRUE(socket_.writable());
    script_.establish_error = EPROTO;
    EXPECT_EQ(socket_.establish(), Io::Broken);
    EXPECT_TRUE(socket_.broken());
}

TEST_F(LayeredSocket, DiscardsWhatComes) {
    script_.incoming = std::string(5000, 'x');
    EXPECT_EQ(socket_.discard(), 5000U);
    EXPECT_FALSE(socket_.broken());
    script_.receive_error = 0;
    EXPECT_EQ(socket_.discard(), 0U);
    EXPECT_TRUE(socket_.ended());
}

TEST_F(LayeredSocket, ResetsInsteadOfClosing) {
    socket_.reset();
    EXPECT_FALSE(socket_.is_open());
    EXPECT_EQ(script_.ends, "reset ");
}

TEST(LayerOverADescriptor, SaysGoodbyeBeforeTheDescriptorIsClosed) {
    std::array<int, 2> pair = {};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()), 0);
    Script script;
    Socket socket(pair[0]);
    EXPECT_TRUE(socket.plain_output());
    socket.set_layer(std::make_unique<ScriptedLayer>(script));
    EXPECT_FALSE(socket.plain_output());
    EXPECT_FALSE(socket.plain_input());
    char byte = 0;
    socket.shut_down_writing();
    EXPECT_EQ(recv(pair[1], &byte, 1, 0), 0);
    socket.close();
    EXPECT_EQ(script.ends, "shut_down close ");
    EXPECT_EQ(send(pair[1], "x", 1, MSG_NOSIGNAL), -1);
    ::close(pair[1]);
}

}  // namespace carrel::proxy
