#pragma once

/// `Task<T>`: a coroutine that ends with a `Result<T>`.
///
/// Control runs all its tasks on one thread, the one that runs the io_context; work that blocks
/// goes to a `BlockingPool`. A task takes its parameters by value or refers to something its caller
/// keeps alive until it has ended. A task that is cancelled ends with Code::Cancelled.

#include "base/clock.hpp"
#include "base/result.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <string>

namespace carrel {

namespace asio = boost::asio;

template <class T = void>
using Task = asio::awaitable<Result<T>>;

/// Lets `duration` pass. Cancelled when the surrounding task is.
Task<> sleep_for(Milliseconds duration);

/// Starts `task` on its own. Its error, and any exception, becomes a log line `task_failed name=…`.
/// Prefer a `TaskGroup`, which also ends what it started.
void spawn_detached(asio::any_io_executor executor, std::string name, Task<> task);

}  // namespace carrel
