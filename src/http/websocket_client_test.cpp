#include "http/websocket_client.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <gtest/gtest.h>

#include <thread>

namespace carrel::http {

namespace {

namespace beast = boost::beast;
using Tcp = asio::ip::tcp;

/// Accepts one connection and sends each message back; "silence" is not answered, "bye" closes.
class EchoServer {
public:
    EchoServer() {
        acceptor_.listen();
        thread_ = std::thread([this] {
            try {
                serve();
            } catch (std::exception const&) {
                // The client went away, which ends the test's server too.
            }
        });
    }
    ~EchoServer() { thread_.join(); }
    EchoServer(EchoServer const&) = delete;
    EchoServer& operator=(EchoServer const&) = delete;
    [[nodiscard]] unsigned short port() const { return acceptor_.local_endpoint().port(); }

private:
    void serve() {
        auto socket = acceptor_.accept();
        beast::flat_buffer buffer;
        beast::http::request<beast::http::string_body> head;
        beast::http::read(socket, buffer, head);
        if (head["Authorization"] != "token good") {
            beast::http::response<beast::http::string_body> no{beast::http::status::forbidden, 11};
            no.prepare_payload();
            beast::http::write(socket, no);
            return;
        }
        beast::websocket::stream<Tcp::socket> stream(std::move(socket));
        stream.accept(head);
        for (;;) {
            beast::flat_buffer message;
            stream.read(message);
            auto const text = beast::buffers_to_string(message.data());
            if (text == "bye") return stream.close(beast::websocket::close_code::normal);
            if (text == "silence") continue;
            stream.text(stream.got_text());
            stream.write(message.data());
        }
    }

    asio::io_context io_;
    Tcp::acceptor acceptor_{io_, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    std::thread thread_;
};

Deadline soon() { return Deadline::after(Seconds(20)); }

Result<WebSocketClient> connect(unsigned short port, std::string authorization = "token good") {
    return WebSocketClient::connect("127.0.0.1", port, "/echo?x=1",
                                    {{"Authorization", authorization}}, soon());
}

TEST(WebSocketClient, ExchangesMessages) {
    EchoServer server;
    auto client = connect(server.port());
    ASSERT_TRUE(client) << client.error().message;
    for (auto const& message : {std::string("hello ä"), std::string(300'000, 'x')}) {
        ASSERT_TRUE(client->send_text(message, soon()));
        auto const answer = client->receive(soon());
        ASSERT_TRUE(answer) << answer.error().message;
        EXPECT_EQ(*answer, message);
    }
    client->close();
}

TEST(WebSocketClient, NamesTheStatusOfARefusedUpgrade) {
    EchoServer server;
    auto const client = connect(server.port(), "token bad");
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().code, Code::Unavailable);
    EXPECT_NE(client.error().message.find("403"), std::string::npos) << client.error().message;
}

TEST(WebSocketClient, GivesUpAtItsDeadline) {
    EchoServer server;
    auto client = connect(server.port());
    ASSERT_TRUE(client);
    ASSERT_TRUE(client->send_text("silence", soon()));
    auto const answer = client->receive(Deadline::after(Milliseconds(20)));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::Timeout);
}

TEST(WebSocketClient, SaysWhenTheServerEndsTheConnection) {
    EchoServer server;
    auto client = connect(server.port());
    ASSERT_TRUE(client);
    ASSERT_TRUE(client->send_text("bye", soon()));
    auto const answer = client->receive(soon());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::Unavailable);
}

}  // namespace

}  // namespace carrel::http
