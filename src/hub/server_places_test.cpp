#include "hub/server_places.hpp"

#include "hub/hub_fixture.hpp"

#include <gmock/gmock.h>

namespace carrel {
namespace {

using testing::ElementsAre;

class ServerPlacesTest : public testing::Test {
protected:
    ServerPlacesTest() {
        homes_.folder = "/homes";
        owner_.course.request.slug = "bio";
        owner_.course.leaders = {UserId("id-lea")};
    }
    /// "materials ro", "shared rw".
    std::vector<std::string> folders_of(std::string const& user) {
        owner_.user.id = UserId("id-" + user);
        owner_.user.name = user;
        std::vector<std::string> found;
        for (auto const& folder : provide_places(homes_, owner_, 1).value().course_folders) {
            EXPECT_EQ(folder.from, std::filesystem::path("/homes/~course") / folder.name);
            found.push_back(folder.name + (folder.writable ? " rw" : " ro"));
        }
        return found;
    }

    FolderHomeStore homes_;
    ServerOwner owner_;
};

TEST_F(ServerPlacesTest, LeadersFillWhatOthersRead) {
    EXPECT_THAT(folders_of("ada"), ElementsAre("materials ro"));
    EXPECT_THAT(folders_of("lea"), ElementsAre("materials rw"));
}

TEST_F(ServerPlacesTest, WhatIsSharedIsThereWhereItWasAskedFor) {
    owner_.course.request.shared_folder = true;
    EXPECT_THAT(folders_of("ada"), ElementsAre("materials ro", "shared rw"));
    EXPECT_THAT(folders_of("lea"), ElementsAre("materials rw", "shared rw"));
}

TEST_F(ServerPlacesTest, AnAdministratorIsNoLeader) {
    owner_.user.administrator = true;
    EXPECT_THAT(folders_of("root"), ElementsAre("materials ro"));
}

TEST_F(ServerPlacesTest, AHomeIsLimitedToWhatTheCourseGivesEachOnceItsServerRuns) {
    owner_.course.request.resources.storage_gib = 2.5;
    using Limits = std::map<std::string, long long>;
    (void)folders_of("ada");
    EXPECT_EQ(homes_.limits, (Limits{{"ada", 2'684'354'560 + room_to_start}}));
    ASSERT_TRUE(take_room_back(homes_, owner_, 1));
    EXPECT_EQ(homes_.limits, (Limits{{"ada", 2'684'354'560}}));
}

TEST_F(ServerPlacesTest, AFullDiskIsSaid) {
    homes_.disk_full = true;
    EXPECT_EQ(provide_places(homes_, owner_, 1).error().code, Code::LimitReached);
}

}  // namespace
}  // namespace carrel
