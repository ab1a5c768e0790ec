#include "http/connection.hpp"
#include "http/file_body.hpp"
#include "http/problem.hpp"
#include "http/response_head.hpp"
#include "runtime/log.hpp"
#include "runtime/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>

namespace carrel::http {

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);

class StreamWriter final : public Stream {
public:
    StreamWriter(Wire& wire, bool chunked) : wire_(wire), chunked_(chunked) {}

    Task<> write(std::string data) override {
        if (gone) co_return fail(Code::Cancelled, "write the stream: the client is gone");
        if (data.empty()) co_return Result<>();  // an empty chunk would end the body
        if (chunked_) data = fmt::format("{:x}\r\n{}\r\n", data.size(), data);
        auto const written = co_await wire_.write(data);
        if (written) co_return written;
        gone = true;
        co_return fail(Code::Cancelled, "write the stream: the client is gone");
    }

    bool gone = false;

private:
    Wire& wire_;
    bool chunked_;
};

/// True when the peer has closed its side. Bytes that wait are another request.
bool has_hung_up(Socket& socket) {
    char byte = 0;
    auto const got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

/// Runs the producer and, beside it, watches for the client's hanging up, which cancels it.
class StreamBody {
public:
    StreamBody(Wire& wire, Response const& response, bool chunked)
        : wire_(wire),
          produce_(response.stream),
          writer_(wire, chunked),
          producing_(wire.socket().get_executor()),
          watching_(wire.socket().get_executor()),
          ended_(wire.socket().get_executor(), asio::steady_timer::time_point::max()) {}

    Task<> run() {
        producing_.start("stream", produce());
        watching_.start("stream_watch", watch());
        co_await ended_.async_wait(token);  // ends early when the server cuts us off
        writer_.gone = writer_.gone || !finished_;
        (void)co_await producing_.close();
        (void)co_await watching_.close();
        if (writer_.gone) co_return fail(Code::Unavailable, "the client is gone");
        co_return result_;
    }

private:
    Task<> produce() {
        Result<> result = fail(Code::Internal, "the stream ended by an exception");
        try {
            result = co_await produce_(writer_);
        } catch (std::exception const& error) {
            result = fail(Code::Internal, "unexpected: {}", error.what());
        }
        result_ = result;
        finished_ = true;
        ended_.cancel();
        co_return Result<>();
    }

    Task<> watch() {
        auto const [error] = co_await wire_.socket().async_wait(Socket::wait_read, token);
        if (finished_ || error == asio::error::operation_aborted) co_return Result<>();
        if (!error && !has_hung_up(wire_.socket())) co_return Result<>();
        writer_.gone = true;
        co_return co_await producing_.close();
    }

    Wire& wire_;
    std::function<Task<>(Stream&)> const& produce_;
    StreamWriter writer_;
    TaskGroup producing_;
    TaskGroup watching_;
    asio::steady_timer ended_;  // cancelled when the producer has ended
    bool finished_ = false;
    Result<> result_;
};

bool has_no_body(unsigned status) { return status < 200 || status == 204 || status == 304; }

Task<bool> send_stream(Wire& wire, Request const& request, Response const& response,
                       Framing framing) {
    framing.keep_alive = framing.keep_alive && framing.chunked;
    CO_TRY_VOID(co_await wire.write(format_head(response, framing)));
    if (request.method == "HEAD") co_return framing.keep_alive;
    StreamBody body(wire, response, framing.chunked);
    auto const sent = co_await body.run();
    if (!sent) {
        // Without the last chunk the client knows that the body is not whole.
        if (sent.error().code != Code::Unavailable && sent.error().code != Code::Cancelled)
            log::error(
                "stream_failed",
                {{"request", request.id}, {"path", request.path}, {"cause", sent.error().message}});
        co_return false;
    }
    if (framing.chunked) CO_TRY_VOID(co_await wire.write("0\r\n\r\n"));
    co_return framing.keep_alive;
}

Task<bool> send_file(Wire& wire, ServerContext& context, Request const& request, Response& response,
                     FileBody& file, Framing framing) {
    file.prepare(request, response);
    if (is_not_modified(request, response)) {
        response.status = 304;
        CO_TRY_VOID(co_await wire.write(format_head(response, framing)));
        co_return framing.keep_alive;
    }
    framing.length = file.length();
    CO_TRY_VOID(co_await wire.write(format_head(response, framing)));
    if (request.method == "HEAD") co_return framing.keep_alive;
    CO_TRY_VOID(co_await file.send(wire, context.files));
    co_return framing.keep_alive;
}

}  // namespace

Task<bool> send_response(Wire& wire, ServerContext& context, Request const& request,
                         Response& response, bool keep_alive, bool can_chunk) {
    Framing framing{.length = {}, .chunked = false, .keep_alive = keep_alive};
    std::optional<FileBody> file;
    if (response.file) {
        auto opened = FileBody::open(*response.file);
        if (opened)
            file.emplace(*std::move(opened));
        else
            response = problem(opened.error(), request);
    }
    add_default_headers(response, request);
    if (file) co_return co_await send_file(wire, context, request, response, *file, framing);
    if (response.stream && !has_no_body(response.status)) {
        framing.chunked = can_chunk;
        co_return co_await send_stream(wire, request, response, framing);
    }
    if (is_not_modified(request, response)) response.status = 304;
    if (!has_no_body(response.status)) framing.length = response.body.size();
    bool const has_body = request.method != "HEAD" && framing.length;
    // Side by side: a list may have megabytes, which are not copied for their head.
    CO_TRY_VOID(co_await wire.write(format_head(response, framing),
                                    has_body ? std::string_view(response.body) : ""));
    co_return keep_alive;
}

}  // namespace carrel::http
