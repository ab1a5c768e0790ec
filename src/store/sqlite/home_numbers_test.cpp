/// Numbers of homes and the disk: what a machine that stops may lose, and what it must not.

#include "base/temporary_folder.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/store_contract.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <random>
#include <thread>

namespace carrel {

namespace {

constexpr int people = 200;
constexpr long long first_number = 1000;

/// A machine that can be stopped: its disk then has what it had after the last sync.
class HomeNumbers : public testing::Test {
protected:
    void SetUp() override {
        boot();
        ASSERT_TRUE(store_->write([](Transaction& t) -> Result<> {
            for (int i = 0; i < people; ++i)
                TRY_VOID(t.users().insert(some_user(fmt::format("u{}", i))));
            return t.courses().insert(some_course("bio", "u0"));
        }));
        syncs_ = 0;
    }

    std::unique_ptr<Store> open() {
        return open_sqlite_store(file(), {.boot = fmt::format("boot {}", boots_),
                                          .sync_log = [this] { return sync(); }})
            .value();
    }
    void boot() {
        ++boots_;
        store_ = open();
    }
    void restart_process() {
        store_.reset();
        store_ = open();
    }
    void stop_machine() {
        store_.reset();
        std::filesystem::remove_all(memory());
        std::filesystem::copy(disk(), memory());
        boot();
    }

    static Result<long long> number_in(Store& store, int person) {
        return store.write_behind([&](Transaction& t) {
            return t.homes().number_of(CourseId("id-bio"), UserId(fmt::format("id-u{}", person)),
                                       first_number);
        });
    }
    static size_t homes(Store& store) {
        return store.read([](Transaction& t) { return t.homes().of_course(CourseId("id-bio")); })
            .value()
            .size();
    }
    Result<long long> number(int person) { return number_in(*store_, person); }

    [[nodiscard]] std::filesystem::path memory() const { return folder_.path() / "memory"; }
    [[nodiscard]] std::filesystem::path disk() const { return folder_.path() / "disk"; }
    [[nodiscard]] std::filesystem::path file() const {
        std::filesystem::create_directories(memory());
        return memory() / "carrel.sqlite";
    }

    int syncs_ = 0;
    std::function<int()> on_sync_ = {};

private:
    int sync() {
        ++syncs_;
        if (on_sync_) return on_sync_();
        std::filesystem::remove_all(disk());
        std::filesystem::copy(memory(), disk());
        return 0;
    }

    TemporaryFolder folder_;
    int boots_ = 0;

protected:
    std::unique_ptr<Store> store_;
};

}  // namespace

TEST_F(HomeNumbers, AreNeverGivenTwiceHoweverOftenTheMachineStops) {
    std::map<long long, int> owners;
    std::mt19937 dice(1);
    size_t forgotten = 0;
    for (int round = 0; round < 40; ++round) {
        for (auto left = dice() % 100; left > 0; --left) {
            auto const person = static_cast<int>(dice() % people);
            auto const mine = number(person).value();
            EXPECT_EQ(owners.emplace(mine, person).first->second, person) << mine;
        }
        auto const known = homes(*store_);
        if (dice() % 2 == 0) {
            restart_process();
            EXPECT_EQ(homes(*store_), known);
        } else {
            stop_machine();
            forgotten += known - homes(*store_);
        }
    }
    EXPECT_GT(forgotten, 0) << "else this shows nothing";
}

TEST_F(HomeNumbers, WaitForTheDiskOnceForMany) {
    for (int person = 0; person < 64; ++person) EXPECT_EQ(number(person), first_number + person);
    EXPECT_EQ(syncs_, 1);
    EXPECT_EQ(number(64), first_number + 64);
    EXPECT_EQ(syncs_, 2);
    restart_process();
    EXPECT_EQ(number(65), first_number + 65) << "a process that ends takes nothing with it";
}

TEST_F(HomeNumbers, ThatAnotherProcessReservedWaitForTheDiskToo) {
    auto const other = open();
    ASSERT_TRUE(number(0));
    EXPECT_EQ(syncs_, 1);
    EXPECT_EQ(number_in(*other, 1), first_number + 1);
    EXPECT_EQ(syncs_, 2) << "it may be waiting still";
    EXPECT_EQ(number_in(*other, 2), first_number + 2);
    EXPECT_EQ(syncs_, 2);
}

TEST_F(HomeNumbers, WaitForAReservationThatIsOnItsWayToTheDisk) {
    auto const other = open_sqlite_store(file()).value();
    Result<long long> second = 0;
    std::thread behind;
    on_sync_ = [&] {
        // The first number's. Another one is given meanwhile, and then the disk fails.
        behind = std::thread([&] { second = number(1); });
        while (homes(*other) < 2) std::this_thread::yield();
        return EIO;
    };
    EXPECT_FALSE(number(0));
    behind.join();
    EXPECT_FALSE(second);
}

}  // namespace carrel
