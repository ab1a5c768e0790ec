#include "app/first_steps.hpp"

#include "base/temporary_folder.hpp"
#include "store/sqlite/sqlite_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace carrel {

class FirstStepsTest : public testing::Test {
protected:
    FirstStepsTest() { steps_.limits.environments = {"notebook"}; }

    Result<> take() {
        return take_first_steps(*store_, PasswordHasher(cheapest_password_cost), random_,
                                Time(Milliseconds(0)), steps_);
    }
    Result<User> user(std::string const& name) {
        return store_->read([&](Transaction& t) { return t.users().find_by_name(name); });
    }

    TemporaryFolder folder_;
    SystemRandom random_;
    FirstSteps steps_{.variables = {{"CARREL_ADMIN_NAME", "Olga"},
                                    {"CARREL_ADMIN_PASSWORD", "seven quiet desks"}},
                      .root_course = "hub",
                      .limits = {}};
    std::unique_ptr<Store> store_ = open_sqlite_store(folder_.path() / "carrel.sqlite").value();
};

TEST_F(FirstStepsTest, MakesAnAdministratorAndTheStandingHub) {
    auto const taken = take();
    ASSERT_TRUE(taken) << taken.error().message;
    auto const olga = user("olga");
    ASSERT_TRUE(olga);
    EXPECT_TRUE(olga->administrator);
    EXPECT_TRUE(
        PasswordHasher(cheapest_password_cost).matches(olga->password_hash, "seven quiet desks"));
    auto const hub = store_->read([](Transaction& t) { return t.courses().find_by_slug("hub"); });
    ASSERT_TRUE(hub);
    EXPECT_EQ(hub->state, CourseState::Accepted);
    EXPECT_EQ(hub->request.environment, "notebook");
    EXPECT_FALSE(hub->request.ends_at);
    EXPECT_FALSE(hub->request.shared_folder);
}

TEST_F(FirstStepsTest, SharesAFolderWhereThatIsSaid) {
    steps_.variables["CARREL_SHARED_FOLDER"] = "perhaps";
    EXPECT_THAT(take().error().message,
                testing::HasSubstr("CARREL_SHARED_FOLDER: it is yes or no"));
    steps_.variables["CARREL_SHARED_FOLDER"] = "yes";
    ASSERT_TRUE(take());
    auto const hub = store_->read([](Transaction& t) { return t.courses().find_by_slug("hub"); });
    EXPECT_TRUE(hub->request.shared_folder);
}

TEST_F(FirstStepsTest, LeavesAPlatformWithPeopleAlone) {
    ASSERT_TRUE(take());
    steps_.variables["CARREL_ADMIN_NAME"] = "mallory";
    ASSERT_TRUE(take());
    EXPECT_FALSE(user("mallory"));
}

TEST_F(FirstStepsTest, DoesNothingUnasked) {
    steps_.variables = {};
    ASSERT_TRUE(take());
    EXPECT_EQ(store_->read([](Transaction& t) { return t.users().count(); }).value(), 0);
}

TEST_F(FirstStepsTest, TakesThePasswordFromAFile) {
    std::ofstream(folder_.path() / "password") << "seven quiet desks\n";
    steps_.variables = {{"CARREL_ADMIN_NAME", "olga"},
                        {"CARREL_ADMIN_PASSWORD_FILE", (folder_.path() / "password").string()}};
    ASSERT_TRUE(take());
    EXPECT_TRUE(PasswordHasher(cheapest_password_cost)
                    .matches(user("olga")->password_hash, "seven quiet desks"));
}

TEST_F(FirstStepsTest, RefusesAPasswordThatWillNotDo) {
    steps_.variables["CARREL_ADMIN_PASSWORD"] = "changeme";
    EXPECT_THAT(take().error().message, testing::StartsWith("CARREL_ADMIN_PASSWORD: "));
    steps_.variables.erase("CARREL_ADMIN_PASSWORD");
    EXPECT_THAT(take().error().message, testing::HasSubstr("says the password"));
    EXPECT_FALSE(user("olga"));
}

}  // namespace carrel
