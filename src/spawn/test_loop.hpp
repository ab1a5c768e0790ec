#pragma once

/// For tests of spawners: runs one task to its end, and a folder that goes away with the test.

#include "runtime/task.hpp"

#include <boost/asio/co_spawn.hpp>

#include <stdlib.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

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

class TestFolder {
public:
    TestFolder() {
        std::string pattern = "/tmp/carrel-spawn-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("make a test folder");
        path = pattern;
    }
    TestFolder(TestFolder const&) = delete;
    TestFolder& operator=(TestFolder const&) = delete;
    ~TestFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
};

}  // namespace carrel
