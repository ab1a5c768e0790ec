#include "auth/local/local_authenticator.hpp"

#include "auth/login_place.hpp"
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
        auto created = LocalAuthenticator::create(*store_, hasher_, clock_, {.tries_per_place = 5});
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

TEST_F(LocalAuthenticatorTest, LetsTheOwnerInWhereTheyHaveBeenWhileStrangersGuess) {
    store_.write([](Transaction& transaction) -> Result<> {
        TRY_VOID(transaction.login_places().note(UserId("id-of-ada"), place_of_address("192.0.2.1"),
                                                 Time()));
        return transaction.login_places().note(UserId("id-of-ada"), place_of_browser("her cookie"),
                                               Time());
    });
    for (int i = 0; i < 200; ++i)
        (void)authenticator_->authenticate({"ada", "x", "198.51.100." + std::to_string(i)});
    auto const from = [&](std::string const& address, std::string const& browser) {
        return authenticator_->authenticate({"ada", "correct horse", address, browser});
    };
    EXPECT_EQ(from("203.0.113.1", "another").error().code, Code::LimitReached);
    EXPECT_TRUE(from("192.0.2.1", ""));
    EXPECT_TRUE(from("203.0.113.1", "her cookie"));
}

TEST_F(LocalAuthenticatorTest, WritesDownThatLoginsAreSlowedDown) {
    for (int i = 0; i < 8; ++i) (void)log_in("ada", "x");
    for (int i = 0; i < 8; ++i) (void)log_in("what may be a password", "x");
    auto const events = store_.events();
    ASSERT_EQ(events.size(), 2U) << "once for each";
    EXPECT_EQ(events[1].kind, "logins_limited");
    EXPECT_EQ(events[1].subject, "ada");
    EXPECT_THAT(events[1].detail, ::testing::HasSubstr("192.0.2.1"));
    EXPECT_THAT(events[0].message + events[0].subject,
                ::testing::Not(::testing::HasSubstr("may be a password")));
}

TEST_F(LocalAuthenticatorTest, RefusesNoneOfAClassOf40FromOneAddress) {
    for (int i = 0; i < 40; ++i) {
        auto const name = "pupil" + std::to_string(i);
        store_.add_user(name);
        store_.change_user(
            name, [&](User& user) { user.password_hash = *hasher_.hash("correct horse"); });
    }
    // Some mistype, somebody guesses; all of that counts for the one address.
    for (int i = 0; i < 40; ++i)
        EXPECT_EQ(log_in("nobody" + std::to_string(i), "x").error().code, Code::Unauthenticated);
    for (int i = 0; i < 40; ++i) {
        auto const name = "pupil" + std::to_string(i);
        if (i % 4 == 0) EXPECT_FALSE(log_in(name, "mistyped"));
        EXPECT_TRUE(log_in(name, "correct horse")) << name;
    }
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
