#include "http/websocket_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

namespace carrel::http {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using Tcp = asio::ip::tcp;

/// The calls of Beast are asynchronous, and driven here until their one result or the deadline.
struct WebSocketClient::State {
    asio::io_context io;
    websocket::stream<Tcp::socket> stream{io};
    beast::flat_buffer buffer;

    /// `begin` starts an operation with a handler that takes its error code.
    template <class Begin>
    Result<> drive(std::string_view attempt, Deadline deadline, Begin begin) {
        std::optional<boost::system::error_code> outcome;
        begin([&outcome](boost::system::error_code error, auto&&...) { outcome = error; });
        io.restart();
        io.run_until(deadline.at());
        if (!outcome) {
            // Closing makes the operation end, and its handler with what it refers to.
            boost::system::error_code ignored;
            stream.next_layer().close(ignored);
            io.restart();
            io.run();
            return fail(Code::Timeout, "{}: no answer in time", attempt);
        }
        if (*outcome) return fail(Code::Unavailable, "{}: {}", attempt, outcome->message());
        return {};
    }
};

WebSocketClient::WebSocketClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
WebSocketClient::WebSocketClient(WebSocketClient&&) noexcept = default;
WebSocketClient& WebSocketClient::operator=(WebSocketClient&&) noexcept = default;
WebSocketClient::~WebSocketClient() = default;

Result<WebSocketClient> WebSocketClient::connect(std::string const& host, unsigned short port,
                                                 std::string const& target, Headers const& headers,
                                                 Deadline deadline) {
    auto state = std::make_unique<State>();
    auto& stream = state->stream;
    auto const attempt = fmt::format("connect to ws://{}:{}", host, port);
    Tcp::resolver resolver(state->io);
    boost::system::error_code error;
    auto const endpoints = resolver.resolve(host, std::to_string(port), error);
    if (error) return fail(Code::Unavailable, "{}: {}", attempt, error.message());
    TRY_VOID(state->drive(attempt, deadline, [&](auto handler) {
        asio::async_connect(stream.next_layer(), endpoints, handler);
    }));
    stream.next_layer().set_option(Tcp::no_delay(true), error);
    stream.set_option(websocket::stream_base::decorator([headers](websocket::request_type& head) {
        for (auto const& [name, value] : headers) head.set(name, value);
    }));
    websocket::response_type response;
    auto const upgraded = state->drive(attempt, deadline, [&](auto handler) {
        stream.async_handshake(response, fmt::format("{}:{}", host, port), target, handler);
    });
    if (!upgraded) {
        if (response.result_int() != 101 && response.result() != beast::http::status::ok)
            return fail(Code::Unavailable, "{}: status {}", attempt, response.result_int());
        return std::unexpected(upgraded.error());
    }
    return WebSocketClient(std::move(state));
}

Result<> WebSocketClient::send_text(std::string_view message, Deadline deadline) {
    state_->stream.text(true);
    return state_->drive("send a message", deadline, [&](auto handler) {
        state_->stream.async_write(asio::buffer(message.data(), message.size()), handler);
    });
}

Result<std::string> WebSocketClient::receive(Deadline deadline) {
    state_->buffer.clear();
    TRY_VOID(state_->drive("receive a message", deadline, [&](auto handler) {
        state_->stream.async_read(state_->buffer, handler);
    }));
    return beast::buffers_to_string(state_->buffer.data());
}

void WebSocketClient::close() {
    (void)state_->drive("close", Deadline::after(Seconds(2)), [&](auto handler) {
        state_->stream.async_close(websocket::close_code::normal, handler);
    });
    boost::system::error_code ignored;
    state_->stream.next_layer().close(ignored);
}

}  // namespace carrel::http
