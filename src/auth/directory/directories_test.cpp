#include "auth/directory/directories.hpp"

#include "auth/access/access_policy.hpp"
#include "auth/local/local_authenticator.hpp"
#include "auth/provider/login_failure.hpp"
#include "auth/test_store.hpp"

#include <gmock/gmock.h>

#include <map>

namespace carrel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Knows whom it is told, and counts how often it is asked.
class FakeDirectory final : public Directory {
public:
    explicit FakeDirectory(std::string const& name) {
        settings_.name = name;
        settings_.title = name;
        settings_.kind = ProviderKind::Directory;
        settings_.leader_groups = {"tutors"};
    }
    ProviderSettings const& settings() const override { return settings_; }
    Result<ProviderPerson> check(DirectoryQuestion const& question) override {
        ++asked;
        last = question;
        if (!problem.empty()) return login_failure(problem, Code::Unavailable, "the cause");
        auto const found = people.find(question.username);
        if (found == people.end() || question.password != "of " + settings_.name)
            return fail(Code::Unauthenticated, "wrong");
        return found->second;
    }
    void knows(std::string const& username, std::string const& subject,
               std::vector<std::string> groups = {}) {
        ProviderPerson person;
        person.subject = subject;
        person.username = username;
        person.groups = std::move(groups);
        people[username] = person;
    }

    int asked = 0;
    std::string problem;
    DirectoryQuestion last;
    std::map<std::string, ProviderPerson> people;
    ProviderSettings settings_;
};

class DirectoriesTest : public ::testing::Test {
protected:
    DirectoriesTest() {
        auto first = std::make_unique<FakeDirectory>("campus");
        auto second = std::make_unique<FakeDirectory>("unix");
        campus_ = first.get();
        unix_ = second.get();
        std::vector<std::unique_ptr<Directory>> both;
        both.push_back(std::move(first));
        both.push_back(std::move(second));
        directories_.emplace(*store_, clock_, random_, std::move(both), &access_);
        authenticator_ = *LocalAuthenticator::create(*store_, hasher_, clock_,
                                                     {.tries_per_place = 4}, &*directories_);
    }
    Result<User> log_in(std::string const& name, std::string const& password,
                        std::string const& invitation = {}) {
        return authenticator_->authenticate({.username = name,
                                             .password = password,
                                             .client_address = "192.0.2.1",
                                             .invitation = invitation});
    }
    User add_local(std::string const& name) {
        auto user = store_.add_user(name);
        store_.change_user(name, [&](User& row) {
            row.password_hash = *hasher_.hash("local");
            user = row;
        });
        return user;
    }
    Result<User> confirm(User const& user, std::string const& password) {
        return authenticator_->authenticate({.username = user.name,
                                             .password = password,
                                             .client_address = "192.0.2.1",
                                             .self = user});
    }

    TestStore store_;
    ManualClock clock_{Time(Seconds(1'000'000))};
    SystemRandom random_;
    PasswordHasher hasher_{cheapest_password_cost};
    AccessPolicy access_{
        AccessOptions{.configured = {}, .domains = {}, .contact = "it@example.org"}};
    FakeDirectory* campus_;
    FakeDirectory* unix_;
    std::optional<Directories> directories_;
    std::unique_ptr<LocalAuthenticator> authenticator_;
};

TEST_F(DirectoriesTest, WhoIsNotOnTheListGetsNoAccount) {
    store_.write([&](Transaction& transaction) -> Result<> {
        TRY_VOID(transaction.access_entries().put({.list = AccessList::Allow, .value = "bob"}));
        return announce_access_change(transaction);
    });
    for (auto const* const name : {"bob", "eve"}) campus_->knows(name, std::string("1:") + name);
    EXPECT_TRUE(log_in("bob", "of campus"));
    auto const refused = log_in("eve", "of campus");
    ASSERT_FALSE(refused);
    EXPECT_TRUE(is_refusal(refused.error()));
    EXPECT_EQ(refused.error().message, "eve is not on this hub's list; ask it@example.org");
    EXPECT_FALSE(store_->read(
        [](Transaction& transaction) { return transaction.users().find_by_name("eve"); }));
    EXPECT_EQ(store_.events().at(0).kind, "login_refused");
}

TEST_F(DirectoriesTest, AFirstLoginMakesAnAccountAndTheNextOneFindsIt) {
    unix_->knows("Ada", "1001:Ada", {"tutors"});
    auto const first = log_in("Ada", "of unix");
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->name, "ada");
    EXPECT_TRUE(first->leader);
    EXPECT_EQ(first->password_hash, "");
    auto const again = log_in("Ada", "of unix");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->id, first->id);
    // Whoever loses the group loses what it gave.
    unix_->knows("Ada", "1001:Ada");
    EXPECT_FALSE(log_in("Ada", "of unix")->leader);
}

TEST_F(DirectoriesTest, ALocalPasswordIsLookedAtFirst) {
    auto const ada = add_local("ada");
    EXPECT_EQ(log_in("ada", "local")->id, ada.id);
    EXPECT_EQ(campus_->asked + unix_->asked, 0);
}

TEST_F(DirectoriesTest, AnAccountOfTheSameNameIsSomebodyElse) {
    auto const ada = add_local("ada");
    unix_->knows("ada", "1001:ada");
    auto const refused = log_in("ada", "of unix");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::Conflict);
    EXPECT_EQ(refused.error().field, "name_taken");
    EXPECT_THAT(refused.error().message, HasSubstr("join unix in your profile"));

    DirectoryQuestion const question{.username = "ada", .password = "of unix", .address = "a"};
    ASSERT_TRUE(directories_->join("unix", question, ada));
    EXPECT_EQ(log_in("ada", "of unix")->id, ada.id);
    EXPECT_EQ(log_in("ada", "local")->id, ada.id);
}

TEST_F(DirectoriesTest, AnotherSubjectOfTheSameNameIsNotWhoJoined) {
    unix_->knows("ada", "1001:ada");
    ASSERT_TRUE(log_in("ada", "of unix"));
    unix_->knows("ada", "1002:ada");
    auto const other = log_in("ada", "of unix");
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().field, "name_taken");
}

TEST_F(DirectoriesTest, NobodyIsLetInWhoIsInNoAllowedGroup) {
    unix_->settings_.allowed_groups = {"students"};
    unix_->knows("eve", "1003:eve", {"guests"});
    EXPECT_EQ(log_in("eve", "of unix").error().field, "not_allowed");
    unix_->knows("eve", "1003:eve", {"students"});
    EXPECT_TRUE(log_in("eve", "of unix"));
}

TEST_F(DirectoriesTest, OneThatDoesNotAnswerDoesNotKeepTheNextFromIt) {
    campus_->problem = "unavailable";
    unix_->knows("ada", "1001:ada");
    EXPECT_TRUE(log_in("ada", "of unix"));
    auto const nobody = log_in("bob", "of unix");
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().field, "unavailable");
    EXPECT_EQ(nobody.error().code, Code::Unavailable);
    EXPECT_EQ(nobody.error().message, "campus does not answer; try again in a moment");
}

TEST_F(DirectoriesTest, GuessesAreLimitedAndNamesThatAreNoneOfOursApart) {
    unix_->knows("Zoë@example.org", "1009:zoe");
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(log_in("ann@example.org", "guess").error().code, Code::Unauthenticated);
    auto const asked = unix_->asked;
    EXPECT_EQ(log_in("ann@example.org", "guess").error().code, Code::LimitReached);
    EXPECT_EQ(unix_->asked, asked);
    EXPECT_TRUE(log_in("Zoë@example.org", "of unix"));
}

TEST_F(DirectoriesTest, WhoConfirmsIsAskedAsWhomTheyJoined) {
    unix_->knows("Ada", "1001:Ada");
    unix_->knows("ada", "1002:ada");
    auto const ada = *log_in("Ada", "of unix");
    EXPECT_TRUE(confirm(ada, "of unix"));
    EXPECT_EQ(unix_->last.username, "Ada");
    EXPECT_EQ(confirm(ada, "guess").error().code, Code::Unauthenticated);
    // Another one who got the name meanwhile.
    unix_->knows("Ada", "1007:Ada");
    EXPECT_EQ(confirm(ada, "of unix").error().code, Code::Unauthenticated);
    auto const local = add_local("bob");
    unix_->knows("bob", "1010:bob");
    EXPECT_EQ(confirm(local, "of unix").error().code, Code::Unauthenticated);
    EXPECT_TRUE(confirm(local, "local"));
}

TEST_F(DirectoriesTest, OnlyTheInvitedGetAnAccountWhereThatIsTheRule) {
    unix_->settings_.sign_up = SignUp::Invited;
    unix_->knows("ada", "1001:ada");
    EXPECT_EQ(log_in("ada", "of unix", "no such code").error().field, "sign_up_closed");
}

TEST_F(DirectoriesTest, GuessesByJoiningAreLimited) {
    auto const eve = add_local("eve");
    unix_->knows("ada", "1001:ada");
    DirectoryQuestion const guess{.username = "ada", .password = "guess", .address = "192.0.2.1"};
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(directories_->join("unix", guess, eve).error().code, Code::Unauthenticated);
    EXPECT_EQ(directories_->join("unix", guess, eve).error().code, Code::LimitReached);
    EXPECT_EQ(directories_->join("nothing", guess, eve).error().code, Code::NotFound);
}

}  // namespace
}  // namespace carrel
