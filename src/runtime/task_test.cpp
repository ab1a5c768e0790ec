#include "runtime/task.hpp"

#include "runtime/blocking_pool.hpp"
#include "runtime/log.hpp"
#include "runtime/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <thread>

namespace carrel {

namespace {

/// Runs one task on a context of its own until it, and all it started, has ended.
template <class T>
Result<T> run_to_end(asio::io_context& io, Task<T> task) {
    auto future = asio::co_spawn(io, std::move(task), asio::use_future);
    io.restart();
    io.run();
    return future.get();
}

TEST(BlockingPool, RunsWorkElsewhereAndResumesHere) {
    asio::io_context io;
    BlockingPool pool(2);
    auto const here = std::this_thread::get_id();
    auto test = [&]() -> Task<int> {
        std::thread::id there;
        CO_TRY(auto const value, co_await pool.run([&]() -> Result<int> {
            there = std::this_thread::get_id();
            return 42;
        }));
        EXPECT_NE(there, here);
        EXPECT_EQ(std::this_thread::get_id(), here);
        co_return value;
    };
    EXPECT_EQ(run_to_end(io, test()), 42);
}

TEST(BlockingPool, TurnsAnExceptionIntoAnInternalError) {
    asio::io_context io;
    BlockingPool pool(1);
    auto test = [&]() -> Task<> {
        co_return co_await pool.run([]() -> Result<> { throw std::runtime_error("boom"); });
    };
    auto const result = run_to_end(io, test());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::Internal);
    EXPECT_NE(result.error().message.find("boom"), std::string::npos);
}

TEST(BlockingPool, TurnsAnythingThrownIntoAnInternalError) {
    asio::io_context io;
    BlockingPool pool(1);
    auto test = [&]() -> Task<> { co_return co_await pool.run([]() -> Result<> { throw 7; }); };
    auto const result = run_to_end(io, test());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::Internal);
}

TEST(BlockingPool, WaitsForWorkEvenWhenCancelled) {
    asio::io_context io;
    BlockingPool pool(1);
    std::latch started(1);
    std::promise<void> go;
    auto released = go.get_future();
    bool work_done = false;
    bool resumed = false;
    TaskGroup group(io.get_executor());
    auto worker = [&]() -> Task<> {
        auto result = co_await pool.run([&]() -> Result<> {
            started.count_down();
            released.wait();
            work_done = true;
            return {};
        });
        EXPECT_TRUE(result);
        EXPECT_TRUE(work_done);
        resumed = true;
        co_return co_await sleep_for(Seconds(1000));  // this wait is the one that gets cancelled
    };
    auto test = [&]() -> Task<> {
        group.start("worker", worker());
        co_return Result<>();
    };
    ASSERT_TRUE(run_to_end(io, [&]() -> Task<> {
        co_await test();
        asio::post(io, [&] {
            started.wait();
            asio::co_spawn(io, group.close(), asio::detached);
            asio::post(io, [&] { go.set_value(); });
        });
        co_return Result<>();
    }()));
    EXPECT_TRUE(resumed);
    EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, CloseCancelsWhatWaitsAndReturnsWhenAllHaveEnded) {
    asio::io_context io;
    TaskGroup group(io.get_executor());
    int ended = 0;
    auto sleeper = [&]() -> Task<> {
        auto const slept = co_await sleep_for(Seconds(1000));
        EXPECT_FALSE(slept);
        EXPECT_EQ(slept.error().code, Code::Cancelled);
        ++ended;
        co_return slept;
    };
    auto test = [&]() -> Task<> {
        for (int i = 0; i < 3; ++i) group.start("sleeper", sleeper());
        co_await sleep_for(Milliseconds(0));
        EXPECT_EQ(group.size(), 3U);
        CO_TRY_VOID(co_await group.close());
        EXPECT_EQ(ended, 3);
        co_return Result<>();
    };
    EXPECT_TRUE(run_to_end(io, test()));
}

TEST(TaskGroup, LetsACancelledTaskCleanUpWithFurtherWaits) {
    asio::io_context io;
    TaskGroup group(io.get_executor());
    bool cleaned = false;
    auto task = [&]() -> Task<> {
        (void)co_await sleep_for(Seconds(1000));
        co_await asio::post(io, asio::use_awaitable);  // would throw if asio had its way
        cleaned = true;
        co_return Result<>();
    };
    auto test = [&]() -> Task<> {
        group.start("task", task());
        co_await sleep_for(Milliseconds(0));
        co_return co_await group.close();
    };
    EXPECT_TRUE(run_to_end(io, test()));
    EXPECT_TRUE(cleaned);
}

TEST(TaskGroup, StartsNothingAfterClose) {
    asio::io_context io;
    TaskGroup group(io.get_executor());
    bool ran = false;
    auto task = [&]() -> Task<> {
        ran = true;
        co_return Result<>();
    };
    auto test = [&]() -> Task<> {
        CO_TRY_VOID(co_await group.close());
        group.start("late", task());
        co_await sleep_for(Milliseconds(0));
        co_return co_await group.close();
    };
    EXPECT_TRUE(run_to_end(io, test()));
    EXPECT_FALSE(ran);
}

TEST(TaskGroup, SurvivesATaskThatThrows) {
    asio::io_context io;
    TaskGroup group(io.get_executor());
    auto task = []() -> Task<> {
        throw std::runtime_error("boom");
        co_return Result<>();
    };
    auto test = [&]() -> Task<> {
        group.start("thrower", task());
        co_await sleep_for(Milliseconds(0));
        co_return co_await group.close();
    };
    EXPECT_TRUE(run_to_end(io, test()));
    EXPECT_EQ(group.size(), 0U);
}

TEST(Log, QuotesValuesSoThatNobodyForgesALine) {
    EXPECT_EQ(log::format_line("event", {{"user", "ada"}, {"n", 3}}), "event user=ada n=3");
    EXPECT_EQ(log::format_line("e", {{"v", "a b=\"c\"\nd"}}), "e v=\"a b=\\\"c\\\"\\x0ad\"");
    EXPECT_EQ(log::format_line("e", {{"v", ""}}), "e v=\"\"");
}

}  // namespace

}  // namespace carrel
