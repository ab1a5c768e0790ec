#include "runtime/task.hpp"

#include "runtime/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace carrel {

Task<> sleep_for(Milliseconds duration) {
    asio::steady_timer timer(co_await asio::this_coro::executor, duration);
    auto const [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return fail(Code::Cancelled, "sleep: cancelled");
    co_return Result<>();
}

void log_task_end(std::string const& name, std::exception_ptr const& exception,
                  Result<> const& result) {
    if (exception) {
        try {
            std::rethrow_exception(exception);
        } catch (std::exception const& error) {
            log::error("task_failed", {{"task", name}, {"exception", error.what()}});
        }
    } else if (!result && result.error().code != Code::Cancelled) {
        log::warn("task_failed", {{"task", name}, {"cause", result.error().message}});
    }
}

void spawn_detached(asio::any_io_executor executor, std::string name, Task<> task) {
    asio::co_spawn(
        executor, std::move(task),
        [name = std::move(name)](std::exception_ptr const& exception, Result<> const& result) {
            log_task_end(name, exception, result);
        });
}

}  // namespace carrel
