#include "store/store_contract.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <thread>

namespace carrel {

class TransactionContract : public StoreContract {
protected:
    bool has_user(std::string const& name) {
        return store_->read([&](Transaction& t) { return t.users().find_by_name(name); })
            .has_value();
    }
};
INSTANTIATE_TEST_SUITE_P(Engines, TransactionContract, testing::ValuesIn(store_engines()),
                         engine_name);

TEST_P(TransactionContract, AnErrorRollsEverythingBack) {
    auto const error = write_error([](Transaction& t) -> Result<> {
        TRY_VOID(t.users().insert(some_user("ada")));
        return fail(Code::PermissionDenied, "no");
    });
    EXPECT_EQ(error.code, Code::PermissionDenied);
    EXPECT_FALSE(has_user("ada"));
    add_user("ada");
}

TEST_P(TransactionContract, AnExceptionRollsBackAndGoesOn) {
    EXPECT_THROW((void)store_->write([](Transaction& t) -> Result<> {
        TRY_VOID(t.users().insert(some_user("ada")));
        throw std::logic_error("a bug");
    }),
                 std::logic_error);
    EXPECT_FALSE(has_user("ada"));
    for (int i = 0; i < 20; ++i)
        EXPECT_THROW(
            (void)store_->read([](Transaction&) -> Result<> { throw std::logic_error("a bug"); }),
            std::logic_error);
    add_user("ada");
    EXPECT_TRUE(has_user("ada"));
}

TEST_P(TransactionContract, AReadCannotWrite) {
    auto const error =
        read_error([](Transaction& t) { return t.users().insert(some_user("ada")); });
    EXPECT_NE(error.code, Code::Conflict);
    // Not even when the work makes light of it.
    EXPECT_FALSE(store_->read([](Transaction& t) -> Result<> {
        (void)t.users().insert(some_user("ada"));
        return {};
    }));
    EXPECT_FALSE(has_user("ada"));
    add_user("bob");
}

TEST_P(TransactionContract, ATransactionInsideAnotherIsRefused) {
    for (bool const inner_writes : {true, false}) {
        auto const error = write_error([&](Transaction& t) -> Result<> {
            TRY_VOID(t.users().insert(some_user("ada")));
            auto const inner = [](Transaction& u) -> Result<> {
                TRY_VOID(u.users().count());
                return {};
            };
            return inner_writes ? store_->write(inner) : store_->read(inner);
        });
        EXPECT_EQ(error.code, Code::Internal);
        EXPECT_FALSE(has_user("ada"));
    }
}

TEST_P(TransactionContract, AReadSeesOneMoment) {
    add_user("ada");
    std::atomic<bool> counted = false;
    std::atomic<bool> written = false;
    std::thread writer([&] {
        counted.wait(false);
        add_user("bob");
        written = true;
        written.notify_all();
    });
    auto const counts = read([&](Transaction& t) -> Result<std::pair<long long, long long>> {
        TRY(auto const before, t.users().count());
        counted = true;
        counted.notify_all();
        written.wait(false);
        TRY(auto const after, t.users().count());
        return std::pair(before, after);
    });
    writer.join();
    EXPECT_EQ(counts, (std::pair(1LL, 1LL)));
    EXPECT_EQ(read([](Transaction& t) { return t.users().count(); }), 2);
}

TEST_P(TransactionContract, OfManyWhoAcceptAtOnceExactlyOneDoes) {
    add_user("ada");
    add_course(some_course("maths"));
    auto const second = open();
    std::atomic<int> accepted = 0;
    std::atomic<int> refused = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 16; ++i)
            threads.emplace_back([&, i] {
                auto& store = i % 2 == 0 ? *store_ : *second;
                auto const outcome = store.write([](Transaction& t) -> Result<> {
                    TRY(auto course, t.courses().find_by_slug("maths"));
                    if (course.state != CourseState::Pending)
                        return fail(Code::Conflict, "already decided");
                    course.state = CourseState::Accepted;
                    return t.courses().update(course);
                });
                if (outcome) ++accepted;
                if (!outcome && outcome.error().code == Code::Conflict) ++refused;
            });
    }
    EXPECT_EQ(accepted, 1);
    EXPECT_EQ(refused, 15);
}

TEST_P(TransactionContract, ManyWritersAndReadersLoseNothing) {
    auto const second = open();
    constexpr int writers = 6;
    constexpr int each = 20;
    {
        std::vector<std::jthread> threads;
        for (int w = 0; w < writers; ++w)
            threads.emplace_back([&, w] {
                auto& store = w % 2 == 0 ? *store_ : *second;
                for (int i = 0; i < each; ++i) {
                    auto const user = some_user(fmt::format("u{}-{}", w, i));
                    auto const outcome =
                        store.write([&](Transaction& t) { return t.users().insert(user); });
                    EXPECT_TRUE(outcome) << outcome.error().message;
                }
            });
        for (int r = 0; r < 12; ++r)
            threads.emplace_back([&] {
                for (int i = 0; i < each; ++i)
                    EXPECT_TRUE(store_->read([](Transaction& t) { return t.users().count(); }));
            });
    }
    EXPECT_EQ(read([](Transaction& t) { return t.users().count(); }), writers * each);
}

TEST_P(TransactionContract, WhatWasAcknowledgedSurvivesSigkill) {
    int acknowledgements[2];
    ASSERT_EQ(::pipe(acknowledgements), 0);
    store_.reset();  // nothing of the engine is carried into the child
    auto const child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        auto opened = GetParam().open(folder_.path(), "the first");
        if (!opened) ::_exit(1);
        for (int i = 0;; ++i) {
            auto const user = some_user(fmt::format("u{}", i));
            if (!(*opened)->write([&](Transaction& t) { return t.users().insert(user); }))
                ::_exit(2);
            if (::write(acknowledgements[1], &i, sizeof i) != sizeof i) ::_exit(3);
        }
    }
    ::close(acknowledgements[1]);
    int last = -1;
    while (last < 60 && ::read(acknowledgements[0], &last, sizeof last) == sizeof last) continue;
    ::kill(child, SIGKILL);
    int next = 0;
    while (::read(acknowledgements[0], &next, sizeof next) == sizeof next) last = next;
    ::close(acknowledgements[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child left with " << WEXITSTATUS(status);
    ASSERT_GE(last, 60);

    store_ = open();
    for (int i = 0; i <= last; ++i) EXPECT_TRUE(has_user(fmt::format("u{}", i))) << i;
    // At most one more: written, but killed before it could be acknowledged.
    EXPECT_LE(read([](Transaction& t) { return t.users().count(); }), last + 2);
    add_user("after");
}

}  // namespace carrel
