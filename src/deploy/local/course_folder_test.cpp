/// The course folder in the life of a course.

#include "deploy/local/local_provisioner_fixture.hpp"

#include <gmock/gmock.h>

namespace carrel {

namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

class CourseFolderLife : public LocalProvisionerTest {
protected:
    [[nodiscard]] std::filesystem::path shared() { return home("~course") / shared_part; }
    Export exported() {
        return look([&](Transaction& t) { return t.exports().find_folder(CourseId("id-maths")); });
    }
};

TEST_F(CourseFolderLife, IsThereFromTheBeginning) {
    deploy();
    EXPECT_TRUE(std::filesystem::is_directory(shared()));
}

TEST_F(CourseFolderLife, IsExportedAndDeletedWithTheHomes) {
    deploy();
    std::ofstream(shared() / "list") << "ada, ben";
    degrade();
    EXPECT_EQ(state(), CourseState::Degraded);
    EXPECT_FALSE(std::filesystem::exists(shared()));
    EXPECT_EQ(exported().files, 1);
    EXPECT_TRUE(exported().verified_at);
    EXPECT_TRUE(real->verify(exported().file, exported().sha256));
    EXPECT_THAT(events(), IsSupersetOf({"home_exported", "folder_exported"}));
    EXPECT_EQ(std::ranges::count(events(), "home_exported"), 3);
}

TEST_F(CourseFolderLife, NothingIsDeletedBeforeItIsExported) {
    deploy();
    write("ada", "x");
    homes.not_exported = {"~course"};
    degrade();
    EXPECT_EQ(state(), CourseState::Failed);
    EXPECT_TRUE(std::filesystem::exists(home("ada")));
    EXPECT_TRUE(std::filesystem::exists(shared()));
    EXPECT_THAT(events(), Not(testing::Contains("folder_exported")));
}

TEST_F(CourseFolderLife, TheCourseIsNotGoneBeforeItIs) {
    deploy();
    homes.never_removed = {"~course"};
    degrade();
    EXPECT_EQ(state(), CourseState::Failed);
    EXPECT_THAT(course().reason, HasSubstr("still there: the course folder"));
}

TEST_F(CourseFolderLife, ComesBackWhenTheCourseIsDeployedAgain) {
    deploy();
    std::ofstream(shared() / "list") << "ada, ben";
    homes.never_removed = {"eve"};
    degrade();
    ASSERT_EQ(state(), CourseState::Failed);
    ASSERT_FALSE(std::filesystem::exists(shared()));
    deploy();
    EXPECT_EQ(state(), CourseState::Deployed);
    EXPECT_EQ(text_of(shared() / "list"), "ada, ben");
    homes.never_removed = {};
    degrade();
    EXPECT_EQ(state(), CourseState::Degraded);
    EXPECT_EQ(exported().files, 1);
}

TEST_F(CourseFolderLife, ADamagedExportOfItIsNotTrusted) {
    deploy();
    std::ofstream(shared() / "list") << "ada, ben";
    homes.never_removed = {"eve"};
    degrade();
    ASSERT_FALSE(std::filesystem::exists(shared()));
    std::ofstream(exported().file, std::ios::app) << "x";
    deploy();
    EXPECT_EQ(state(), CourseState::Failed);
    EXPECT_THAT(course().reason, HasSubstr("restore the folder of course maths: the export "));
}

}  // namespace

}  // namespace carrel
