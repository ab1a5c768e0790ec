#include "http/wire.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>

namespace carrel::http {

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr Seconds longest_write_pause{60};
constexpr Seconds longest_linger{2};
constexpr size_t most_lingered = 4UL * 1024UL * 1024UL;

}  // namespace

void Wire::limit(Milliseconds duration) {
    watchdog_.expires_after(duration);
    // The handler may be on its way when the limit is moved, so it asks the timer again.
    watchdog_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
        auto const self = weak.lock();
        if (error || !self) return;
        if (self->watchdog_.expiry() <= asio::steady_timer::clock_type::now()) self->cut();
    });
}

void Wire::no_limit() { watchdog_.expires_at(asio::steady_timer::time_point::max()); }

Task<> Wire::write(std::string_view data, std::string_view more) {
    while (!data.empty() || !more.empty()) {
        limit(longest_write_pause);
        std::array const pieces{asio::buffer(data), asio::buffer(more)};
        auto const [error, written] = co_await socket_.async_write_some(pieces, token);
        if (error) {
            no_limit();
            co_return fail(Code::Unavailable, "write to the client: {}", error.message());
        }
        auto const of_data = std::min(written, data.size());
        data.remove_prefix(of_data);
        more.remove_prefix(written - of_data);
    }
    no_limit();
    co_return Result<>();
}

void Wire::cut() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

Task<> Wire::linger() {
    boost::system::error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    limit(longest_linger);
    std::array<char, 16384> scrap{};
    for (size_t total = 0; !error && total < most_lingered;) {
        auto const [failed, count] = co_await socket_.async_read_some(asio::buffer(scrap), token);
        error = failed;
        total += count;
    }
    no_limit();
    co_return Result<>();
}

}  // namespace carrel::http
