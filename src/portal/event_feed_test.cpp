#include "portal/event_feed.hpp"

#include "auth/test_store.hpp"

#include <boost/asio/co_spawn.hpp>

#include <gtest/gtest.h>

#include <atomic>

namespace carrel {
namespace {

/// Counts how often it is asked.
class CountingStore final : public Store {
public:
    explicit CountingStore(Store& store) : store_(store) {}
    std::atomic<int> reads = 0;

protected:
    Result<> transact(Access access, Work const& work) override {
        if (access == Access::Write) return store_.write(work);
        ++reads;
        return store_.read(work);
    }

private:
    Store& store_;
};

class EventFeedTest : public ::testing::Test {
protected:
    long long happen(std::string const& kind, std::optional<CourseId> course,
                     std::string const& subject = "") {
        Event event;
        event.kind = kind;
        event.course = std::move(course);
        event.subject = subject;
        return store_.write(
            [&](Transaction& transaction) { return transaction.events().append(event); });
    }
    template <class T>
    T await(Task<T> task) {
        std::optional<T> value;
        asio::co_spawn(context_, std::move(task),
                       [&](std::exception_ptr, Result<T> result) { value = result.value(); });
        context_.restart();
        context_.run();
        return value.value();
    }
    /// Whether there is news, for as long as it may take on a busy machine.
    bool news(std::string const& course, std::string const& person, long long position) {
        return await(feed_.wait(CourseId(course), person, position, Seconds(60)));
    }
    /// Whether there is none, for a time in which there would be.
    bool silence(std::string const& course, std::string const& person, long long position) {
        return !await(feed_.wait(CourseId(course), person, position, Milliseconds(700)));
    }

    TestStore store_;
    CountingStore counting_{*store_};
    BlockingPool pool_{2};
    asio::io_context context_{1};
    EventFeed feed_{counting_, pool_};
};

TEST_F(EventFeedTest, WakesWhoFollowsTheCourseAndNobodyElse) {
    happen("before", CourseId("bio"));
    auto const position = await(feed_.position());
    happen("deployed", CourseId("bio"));
    EXPECT_TRUE(news("bio", "ada", position));
    EXPECT_TRUE(silence("maths", "ada", position));
    EXPECT_TRUE(silence("bio", "ada", await(feed_.position()))) << "once seen it is no news";
}

TEST_F(EventFeedTest, WakesWhomSomethingHappenedTo) {
    auto const position = await(feed_.position());
    happen("user_changed", {}, "ada");
    EXPECT_TRUE(news("bio", "ada", position));
    EXPECT_TRUE(silence("bio", "bob", position));
}

TEST_F(EventFeedTest, WakesEverybodyWhenMoreHappensThanItTellsApart) {
    auto const position = await(feed_.position());
    for (int i = 0; i < 250; ++i) happen("much", CourseId("maths"));
    EXPECT_TRUE(news("bio", "ada", position));
    EXPECT_TRUE(silence("bio", "ada", await(feed_.position())));
}

TEST_F(EventFeedTest, AsksOnceForAllWhoWait) {
    auto const position = await(feed_.position());
    counting_.reads = 0;
    for (int i = 0; i < 300; ++i)
        asio::co_spawn(context_,
                       feed_.wait(CourseId(std::to_string(i)), "ada", position, Milliseconds(1000)),
                       [](std::exception_ptr, Result<bool> woken) { EXPECT_FALSE(woken.value()); });
    context_.restart();
    context_.run();
    EXPECT_GE(counting_.reads, 1);
    EXPECT_LE(counting_.reads, 10) << "however many wait";
}

}  // namespace
}  // namespace carrel
