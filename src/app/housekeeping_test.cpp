#include "app/housekeeping.hpp"

#include "base/temporary_folder.hpp"
#include "store/sqlite/sqlite_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

namespace carrel {
namespace {

using std::chrono::days;

class HousekeepingTest : public testing::Test {
protected:
    void happen(Time at, int times = 1) {
        ASSERT_TRUE(store_->write([&](Transaction& transaction) -> Result<> {
            for (int i = 0; i < times; ++i)
                TRY_VOID(transaction.events().append({.at = at, .kind = "happened"}));
            return {};
        }));
    }
    size_t left() {
        return store_->read([](Transaction& t) { return t.events().newest(0, 10'000); })
            .value()
            .size();
    }
    long long pass(Seconds keep) {
        Housekeeping housekeeping(*store_, clock_, pool_, keep);
        asio::io_context context;
        auto done = asio::co_spawn(context, housekeeping.pass(), asio::use_future);
        context.run();
        return done.get().value();
    }

    TemporaryFolder folder_;
    std::unique_ptr<Store> store_ = open_sqlite_store(folder_.path() / "carrel.sqlite").value();
    BlockingPool pool_{1};
    ManualClock clock_{Time(days(20'000))};
};

TEST_F(HousekeepingTest, ForgetsWhatIsOlderThanTheAuditListsTime) {
    happen(clock_.now() - days(731), 2500);
    happen(clock_.now() - days(729), 3);
    EXPECT_EQ(pass(days(730)), 2500);
    EXPECT_EQ(left(), 3U);
    EXPECT_EQ(pass(days(730)), 0);
}

TEST_F(HousekeepingTest, KeepsEverythingForEverWhenToldSo) {
    happen(clock_.now() - days(10'000), 3);
    EXPECT_EQ(pass(days(0)), 0);
    EXPECT_EQ(left(), 3U);
}

TEST_F(HousekeepingTest, KeepsTheNewestEventFromWhichPagesCountOn) {
    happen(clock_.now() - days(10'000), 3);
    EXPECT_EQ(pass(days(1)), 2);
    EXPECT_EQ(left(), 1U);
}

TEST_F(HousekeepingTest, EndsSessionsWhoseTimeIsOver) {
    User const ada{.id = UserId("ada"), .name = "ada", .created_at = clock_.now()};
    ASSERT_TRUE(store_->write([&](Transaction& t) -> Result<> {
        TRY_VOID(t.users().insert(ada));
        TRY_VOID(t.sessions().insert(
            {SessionId("old"), "a", "c", ada.id, Time(), clock_.now(), Time()}));
        return t.sessions().insert(
            {SessionId("new"), "b", "c", ada.id, Time(), clock_.now() + days(1), Time()});
    }));
    pass(days(730));
    auto const kept = store_->read([&](Transaction& t) { return t.sessions().of_user(ada.id); });
    ASSERT_EQ(kept->size(), 1U);
    EXPECT_EQ(kept->at(0).id, SessionId("new"));
}

}  // namespace
}  // namespace carrel
