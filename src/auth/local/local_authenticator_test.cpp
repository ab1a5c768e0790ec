#include "auth/local/local_authenticator.hpp"

#include "auth/test_store.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace carrel {
namespace {

class LocalAuthenticatorTest : public ::testing::Test {
protected:
    LocalAuthenticatorTest() {
        store_.add_user("ada");
        store_.change_user(
            "ada", [&](User& user) { user.password_hash = *hasher_.hash("correct horse"); });
        auto created = LocalAuthenticator::create(*store_, hasher_, clock_, {.tries_per_name = 5});
        authenticator_ = *std::move(created);
    }
    Result<User> log_in(std::string const& name, std::string const& password) {
        return authenticator_->authenticate({name, password, "192.0.2.1"});
    }

    TestStore store_;
    ManualClock clock_{Time(Seconds(1'000'000))};
    PasswordHasher hasher_{cheapest_password_cost};
    std::unique_ptr<LocalAuthenticator> authenticator_;
};

TEST_F(LocalAuthenticatorTest, KnowsTheRightPassword) {
    auto const user = log_in("ada", "correct horse");
    ASSERT_TRUE(user) << user.error().message;
    EXPECT_EQ(user->name, "ada");
}

TEST_F(LocalAuthenticatorTest, TakesANameInAnyCaseAndWithSpaceAround) {
    EXPECT_TRUE(log_in(" Ada ", "correct horse"));
    EXPECT_FALSE(log_in("ada", " correct horse"));
}

TEST_F(LocalAuthenticatorTest, SaysTheSameToEveryWrongLogin) {
    store_.add_user("nopassword");
    store_.add_user("gone");
    store_.change_user("gone", [&](User& user) {
        user.password_hash = *hasher_.hash("correct horse");
        user.disabled = true;
    });
    for (auto const* const name : {"ada", "nobody", "nopassword", "gone", "../etc", ""}) {
        auto const password = std::string(name) == "gone" ? "correct horse" : "wrong";
        auto const user = log_in(name, password);
        ASSERT_FALSE(user) << name;
        EXPECT_EQ(user.error().code, Code::Unauthenticated) << name;
        EXPECT_EQ(user.error().message, "the user name or the password is wrong") << name;
    }
}

TEST_F(LocalAuthenticatorTest, LimitsGuessesAtKnownAndUnknownNamesAlike) {
    for (auto const* const name : {"ada", "nobody"}) {
        for (int i = 0; i < 5; ++i)
            EXPECT_EQ(log_in(name, "x").error().code, Code::Unauthenticated);
        EXPECT_EQ(log_in(name, "correct horse").error().code, Code::LimitReached) << name;
    }
    clock_.advance(login_retry_after);
    EXPECT_TRUE(log_in("ada", "correct horse"));
}

TEST_F(LocalAuthenticatorTest, CountsNoRightLogins) {
    for (int i = 0; i < 30; ++i) EXPECT_TRUE(log_in("ada", "correct horse")) << i;
}

TEST_F(LocalAuthenticatorTest, RenewsAHashThatWasMadeAtAnotherCost) {
    PasswordHasher const dearer({.passes = 2, .memory_bytes = 16384});
    auto const authenticator = *LocalAuthenticator::create(*store_, dearer, clock_);
    ASSERT_TRUE(authenticator->authenticate({"ada", "correct horse", ""}));
    auto const user = store_.write(
        [](Transaction& transaction) { return transaction.users().find_by_name("ada"); });
    EXPECT_FALSE(dearer.is_outdated(user.password_hash));
    EXPECT_TRUE(hasher_.is_outdated(user.password_hash));
    EXPECT_TRUE(dearer.matches(user.password_hash, "correct horse"));
}

TEST(PasswordHasher, MakesArgon2idHashesThatDifferEachTime) {
    PasswordHasher const hasher(cheapest_password_cost);
    auto const hash = hasher.hash("correct horse");
    ASSERT_TRUE(hash);
    EXPECT_THAT(*hash, ::testing::StartsWith("$argon2id$v=19$m=8,t=1,p=1$"));
    EXPECT_NE(*hash, *hasher.hash("correct horse"));
    EXPECT_TRUE(hasher.matches(*hash, "correct horse"));
    EXPECT_FALSE(hasher.matches(*hash, "correct horsf"));
    EXPECT_FALSE(hasher.matches("", "")) << "nobody logs in without a password";
    EXPECT_FALSE(hasher.matches("$argon2id$broken", "correct horse"));
    EXPECT_FALSE(hasher.matches(std::string(5000, 'x'), "correct horse"));
}

TEST(PasswordHasher, LetsOnlyAFewWorkAtOnceHoweverManyLogIn) {
    PasswordHasher const hasher({.passes = 2, .memory_bytes = 4UL * 1024UL * 1024UL});
    auto const hash = hasher.hash("correct horse").value();
    {
        std::vector<std::jthread> storm;
        for (int i = 0; i < 24; ++i)
            storm.emplace_back([&] { EXPECT_TRUE(hasher.matches(hash, "correct horse")); });
    }
    EXPECT_LE(hasher.busiest(), PasswordHasher::most_at_once);
    EXPECT_GE(hasher.busiest(), 1);
}

TEST(PasswordHasher, UsuallyCosts64MiB) {
    EXPECT_THAT(*PasswordHasher().hash("correct horse"),
                ::testing::StartsWith("$argon2id$v=19$m=65536,t=2,p=1$"));
}

}  // namespace
}  // namespace carrel
