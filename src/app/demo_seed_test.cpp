#include "app/demo_seed.hpp"

#include "base/temporary_folder.hpp"
#include "http/test_server.hpp"
#include "store/sqlite/sqlite_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace carrel {

class DemoSeedTest : public testing::Test {
protected:
    Result<> seed() {
        CourseLimits limits;
        limits.environments = {"lab"};
        return seed_demo(*store_, PasswordHasher(cheapest_password_cost), random_,
                         Time(Milliseconds(0)), limits, logins_);
    }
    std::string printed() {
        std::ifstream file(logins_);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    TemporaryFolder folder_;
    std::filesystem::path logins_ = folder_.path() / "logins.txt";
    SystemRandom random_;
    std::unique_ptr<Store> store_ = open_sqlite_store(folder_.path() / "carrel.sqlite").value();
};

TEST_F(DemoSeedTest, MakesPeopleWhoCanLogInAndACourseThatIsDue) {
    ASSERT_TRUE(seed());
    auto const course =
        store_->read([](Transaction& t) { return t.courses().find_by_slug("first-steps"); });
    ASSERT_TRUE(course);
    EXPECT_EQ(course->state, CourseState::Accepted);
    EXPECT_FALSE(course->request.ends_at);
    auto const admin = store_->read([](Transaction& t) { return t.users().find_by_name("admin"); });
    ASSERT_TRUE(admin);
    EXPECT_TRUE(admin->administrator);
    EXPECT_THAT(printed(), testing::AllOf(testing::HasSubstr("admin"), testing::HasSubstr("lea"),
                                          testing::HasSubstr("pat")));
}

TEST_F(DemoSeedTest, LeavesAPlatformWithPeopleAlone) {
    ASSERT_TRUE(seed());
    auto const before = printed();
    ASSERT_TRUE(seed());
    EXPECT_EQ(printed(), before);
    EXPECT_EQ(store_->read([](Transaction& t) { return t.users().count(); }).value(), 3);
}

}  // namespace carrel
