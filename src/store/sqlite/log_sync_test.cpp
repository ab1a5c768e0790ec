#include "store/sqlite/log_sync.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <semaphore>
#include <thread>
#include <vector>

namespace carrel {

using testing::HasSubstr;

TEST(LogSync, WaitReturnsWhenItsCommitIsOnTheDisk) {
    int syncs = 0;
    LogSync log([&] { return ++syncs, 0; });
    auto const first = log.committed();
    EXPECT_EQ(syncs, 0);
    ASSERT_TRUE(log.wait(first));
    EXPECT_EQ(syncs, 1);
    ASSERT_TRUE(log.wait(first));
    EXPECT_EQ(syncs, 1) << "what is on the disk already needs no sync";
}

TEST(LogSync, OneSyncIsForAllThatHaveCommitted) {
    int syncs = 0;
    LogSync log([&] { return ++syncs, 0; });
    auto const first = log.committed();
    auto const second = log.committed();
    ASSERT_TRUE(log.wait(second));
    ASSERT_TRUE(log.wait(first));
    EXPECT_EQ(syncs, 1);
}

TEST(LogSync, WhatWasCommittedDuringASyncNeedsAnother) {
    LogSync::Ticket late = 0;
    int syncs = 0;
    LogSync* here = nullptr;
    LogSync log([&] {
        if (++syncs == 1) late = here->committed();
        return 0;
    });
    here = &log;
    ASSERT_TRUE(log.wait(log.committed()));
    EXPECT_EQ(syncs, 1);
    ASSERT_TRUE(log.wait(late));
    EXPECT_EQ(syncs, 2);
}

TEST(LogSync, WhoComesDuringASyncSharesTheNext) {
    constexpr int writers = 16;
    std::counting_semaphore<> begun(0);
    std::counting_semaphore<> go_on(0);
    std::atomic<int> syncs = 0;
    LogSync log([&] {
        if (++syncs == 1) {
            begun.release();
            go_on.acquire();
        }
        return 0;
    });
    std::thread first([&] { EXPECT_TRUE(log.wait(log.committed())); });
    begun.acquire();
    std::vector<LogSync::Ticket> tickets(writers);
    for (auto& ticket : tickets) ticket = log.committed();
    std::vector<std::thread> others;
    others.reserve(writers);
    for (auto const ticket : tickets)
        others.emplace_back([&log, ticket] { EXPECT_TRUE(log.wait(ticket)); });
    go_on.release();
    first.join();
    for (auto& other : others) other.join();
    EXPECT_EQ(syncs, 2);
}

TEST(LogSync, AfterAFailureNothingIsCalledWritten) {
    int syncs = 0;
    LogSync log([&] { return ++syncs == 1 ? EIO : 0; });
    auto const lost = log.wait(log.committed());
    ASSERT_FALSE(lost);
    EXPECT_THAT(lost.error().message, HasSubstr("the disk of the database does not work"));
    EXPECT_FALSE(log.check());
    EXPECT_FALSE(log.wait(log.committed()));
    EXPECT_EQ(syncs, 1) << "the kernel may call the next sync a success";
}

}  // namespace carrel
