#pragma once

/// For tests of spawners: runs one task to its end.

#include "runtime/task.hpp"

#include <boost/asio/co_spawn.hpp>

#include <optional>

namespace carrel {

class TestLoop {
public:
    /// Runs until `task` has ended, as the control thread would.
    template <class T>
    Result<T> wait(Task<T> task) {
        std::optional<Result<T>> outcome;
        asio::co_spawn(context_, std::move(task),
                       [&](std::exception_ptr const& exception, Result<T> result) {
                           if (exception) std::rethrow_exception(exception);
                           outcome = std::move(result);
                       });
        context_.restart();
        while (!outcome && context_.run_one() > 0) {
        }
        if (!outcome) return fail(Code::Internal, "the task never ended");
        return *std::move(outcome);
    }
    [[nodiscard]] asio::io_context& context() { return context_; }

private:
    asio::io_context context_;
};

}  // namespace carrel
