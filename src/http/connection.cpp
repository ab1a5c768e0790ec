#include "http/connection.hpp"

#include "base/random.hpp"
#include "base/text.hpp"
#include "http/problem.hpp"
#include "runtime/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>

namespace carrel::http {

namespace {

namespace beast = boost::beast;
using Parser = beast::http::request_parser<beast::http::string_body>;
using Steady = std::chrono::steady_clock;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr unsigned largest_head = 64U * 1024U;
constexpr Seconds longest_idle{75};
constexpr Seconds longest_head_time{30};
constexpr Seconds longest_body_pause{30};

/// An id that the proxy gave is kept, so that one name follows a request through both processes.
std::string request_id(std::string_view given) {
    auto const fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    if (given.size() >= 8 && given.size() <= 64 && std::ranges::all_of(given, fits))
        return std::string(given);
    return SystemRandom().hex(8);
}

Request to_request(Parser::value_type& message) {
    Request request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    // The absolute form (RFC 9112 section 3.2.2) means the same as its path.
    if (auto const scheme = request.target.find("://");
        !request.target.starts_with('/') && scheme != std::string::npos) {
        auto const slash = request.target.find('/', scheme + 3);
        request.target = slash == std::string::npos ? "/" : request.target.substr(slash);
    }
    request.path = request.target.substr(0, request.target.find_first_of("?#"));
    for (auto const& field : message)
        request.headers.add({field.name_string().data(), field.name_string().size()},
                            {field.value().data(), field.value().size()});
    request.id = request_id(request.headers.get("x-request-id"));
    return request;
}

/// What Beast lets pass but two readers could understand differently.
std::string_view fault_of(Parser const& parser) {
    auto const& head = parser.get();
    if (head.count(beast::http::field::host) > 1) return "more than one Host";
    if (head.version() >= 11 && head.count(beast::http::field::host) == 0) return "no Host";
    if (head.count(beast::http::field::transfer_encoding) > 0) {
        if (head.count(beast::http::field::content_length) > 0)
            return "both Content-Length and Transfer-Encoding";
        auto const coding = head[beast::http::field::transfer_encoding];
        if (head.count(beast::http::field::transfer_encoding) > 1 ||
            !equals_ignoring_case({coding.data(), coding.size()}, "chunked"))
            return "a Transfer-Encoding other than chunked";
    }
    auto const target = head.target();
    if (!target.starts_with('/') && target != "*" && target.find("://") == target.npos)
        return "a request target that is no path";
    return {};
}

class Connection {
public:
    Connection(Wire& wire, ServerContext& context) : wire_(wire), context_(context) {
        buffer_.reserve(8192);  // without it Beast reads in steps of 512 bytes
    }

    Task<> serve() {
        for (bool again = true; again && !is_over();) {
            if (!co_await wait_for_request()) break;
            wire_.answered = true;
            wire_.kept = false;
            again = co_await serve_one();
        }
        wire_.cut();
        co_return Result<>();
    }

private:
    /// Whoever connected before the server began to stop is answered once.
    [[nodiscard]] bool is_over() const { return context_.stopping && wire_.answered; }

    asio::awaitable<bool> wait_for_request() {
        if (buffer_.size() > 0) co_return true;
        wire_.idle = true;
        wire_.limit(longest_idle);
        auto const [error] = co_await wire_.socket().async_wait(Socket::wait_read, token);
        wire_.idle = false;
        co_return !error && !is_over();
    }

    asio::awaitable<bool> serve_one() {
        Parser parser;
        parser.header_limit(largest_head);
        parser.body_limit(context_.limits.largest_body);
        wire_.limit(longest_head_time);
        auto const [error, count] =
            co_await beast::http::async_read_header(wire_.socket(), buffer_, parser, token);
        if (error) co_return co_await refuse(error, parser);
        if (auto const fault = fault_of(parser); !fault.empty())
            co_return co_await refuse(400, fmt::format("read the request: {}", fault), parser);
        if (!co_await read_body(parser)) co_return false;
        wire_.no_limit();

        bool const keep_alive = parser.get().keep_alive();
        bool const can_chunk = parser.get().version() >= 11;
        auto request = to_request(parser.get());
        request.body = std::move(parser.get().body());
        co_return co_await answer(request, keep_alive, can_chunk);
    }

    asio::awaitable<bool> answer(Request& request, bool keep_alive, bool can_chunk) {
        auto const started = Steady::now();
        Response response;
        std::string failure;
        try {
            response = co_await context_.respond(request);
        } catch (std::exception const& exception) {
            failure = exception.what();
        }
        if (!failure.empty())
            response = problem({Code::Internal, "unexpected: " + failure}, request);
        if (!wire_.socket().is_open()) co_return false;
        bool const keep = keep_alive && !context_.stopping && !context_.last_answers;
        wire_.kept = keep && !response.stream;
        auto const sent =
            co_await send_response(wire_, context_, request, response, keep, can_chunk);
        wire_.kept = sent && *sent;
        if (log::enabled(log::Level::Debug)) {
            auto const elapsed =
                std::chrono::duration_cast<Milliseconds>(Steady::now() - started).count();
            log::debug("http_request", {{"method", request.method},
                                        {"path", request.path},
                                        {"status", response.status},
                                        {"ms", elapsed},
                                        {"request", request.id}});
        }
        co_return sent && *sent;
    }

    asio::awaitable<bool> read_body(Parser& parser) {
        parser.eager(true);
        if (parser.get().version() >= 11 && !parser.is_done() && buffer_.size() == 0 &&
            beast::iequals(parser.get()[beast::http::field::expect], "100-continue")) {
            if (!co_await wire_.write("HTTP/1.1 100 Continue\r\n\r\n")) co_return false;
        }
        while (!parser.is_done()) {
            wire_.limit(longest_body_pause);
            auto const [error, count] =
                co_await beast::http::async_read_some(wire_.socket(), buffer_, parser, token);
            if (error) {
                co_await refuse(error, parser);
                co_return false;
            }
        }
        co_return true;
    }

    /// Answers what could not be read as a request, and ends the connection.
    asio::awaitable<bool> refuse(boost::system::error_code error, Parser& parser) {
        wire_.no_limit();
        // Not HTTP's own error: the peer has gone, or the watchdog has closed the socket.
        if (error.category() != make_error_code(beast::http::error::end_of_stream).category() ||
            error == beast::http::error::end_of_stream ||
            error == beast::http::error::partial_message)
            co_return false;
        if (error == beast::http::error::header_limit)
            co_return co_await refuse(
                431, fmt::format("the head is larger than {} bytes", largest_head), parser);
        if (error == beast::http::error::body_limit)
            co_return co_await refuse(
                413, fmt::format("the body is larger than {} bytes", context_.limits.largest_body),
                parser);
        co_return co_await refuse(400, fmt::format("read the request: {}", error.message()),
                                  parser);
    }

    asio::awaitable<bool> refuse(unsigned status, std::string detail, Parser& parser) {
        auto const request = to_request(parser.get());
        log::debug("http_refused",
                   {{"status", status}, {"cause", detail}, {"request", request.id}});
        auto response = problem({Code::InvalidArgument, std::move(detail)}, request, status);
        if (co_await send_response(wire_, context_, request, response, false, false))
            (void)co_await wire_.linger();
        co_return false;
    }

    Wire& wire_;
    ServerContext& context_;
    beast::flat_buffer buffer_;
};

}  // namespace

Task<> serve_connection(std::shared_ptr<Wire> wire, std::shared_ptr<ServerContext> context) {
    Connection connection(*wire, *context);
    co_return co_await connection.serve();
}

}  // namespace carrel::http
