#include "spawn/course_folders.hpp"

#include "spawn/docker/docker_world.hpp"
#include "spawn/process/process_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace carrel {
namespace {

namespace fs = std::filesystem;

CourseFolder part(fs::path const& course, std::string const& name, bool writable) {
    return {.name = name, .from = course / name, .writable = writable};
}

class CourseFolderLinks : public testing::Test {
protected:
    void link(bool plain = false) {
        auto const made = link_course_folders(
            home, {part("/data/homes/bio/~course", "shared", true)}, plain, std::nullopt);
        EXPECT_TRUE(made) << made.error().message;
    }
    [[nodiscard]] fs::path target() const { return fs::read_symlink(home / "shared"); }

    TemporaryFolder folder;
    fs::path home = folder.path();
};

TEST_F(CourseFolderLinks, LeadToTheirPlaceInTheSandbox) {
    link();
    link();
    EXPECT_EQ(target(), "/srv/course/shared");
    link(true);
    EXPECT_EQ(target(), "/data/homes/bio/~course/shared") << "of a server without a sandbox";
    link();
    EXPECT_EQ(target(), "/srv/course/shared");
}

TEST_F(CourseFolderLinks, AreMadeAnewWhereTheDataFolderHasMoved) {
    fs::create_symlink("/old/homes/bio/~course/shared", home / "shared");
    link(true);
    EXPECT_EQ(target(), "/data/homes/bio/~course/shared");
}

TEST_F(CourseFolderLinks, LeaveWhatIsSomebodysOwn) {
    fs::create_symlink("work/shared", home / "shared");
    link();
    EXPECT_EQ(target(), "work/shared");
    fs::remove(home / "shared");
    std::ofstream(home / "shared") << "mine";
    link();
    EXPECT_TRUE(fs::is_regular_file(home / "shared"));
}

TEST_F(CourseFolderLinks, DoNotFollowAHomeThatIsALink) {
    TemporaryFolder const elsewhere;
    fs::create_symlink(elsewhere.path(), home / "ada");
    EXPECT_FALSE(link_course_folders(home / "ada", {part("/data", "shared", true)}, false, {}));
    EXPECT_FALSE(fs::is_symlink(elsewhere.path() / "shared"));
}

TEST_F(CourseFolderLinks, BelongToTheOwnerOfTheHome) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to be somebody else";
    ASSERT_TRUE(link_course_folders(home, {part("/data", "shared", true)}, false, 290'000));
    struct stat status{};
    ASSERT_EQ(::lstat((home / "shared").c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, 290'000U);
}

/// Whether there can be a server of this kind here; else why not.
template <class World>
std::string obstacle() {
    if constexpr (std::is_same_v<World, DockerWorld>)
        if (!DockerWorld::possible()) return DockerWorld::how_to_have_one;
    return {};
}

/// Servers of every kind: lea leads the course, ada attends it.
template <class World>
class CourseFoldersOf : public testing::Test {
protected:
    void SetUp() override {
        if (auto const reason = obstacle<World>(); !reason.empty()) GTEST_SKIP() << reason;
        world = std::make_unique<World>();
        auto const isolation = world->spawner->isolation();
        if (isolation.level == Isolation::Level::None) GTEST_SKIP() << isolation.notices.front();
        course = world->folder.path() / "homes/~course";
        for (auto const* const name : {"materials", "shared"}) {
            fs::create_directories(course / name);
            fs::permissions(course / name, fs::perms::all);
        }
        // Nobody comes here but by a mount.
        fs::permissions(course, fs::perms::owner_all);
        lea = start("lea", {part(course, "materials", true), part(course, "shared", true)});
        ada = start("ada", {part(course, "materials", false), part(course, "shared", true)});
    }

    struct Server {
        ServerSpec spec;
        Started started;
    };
    Server start(std::string const& name, std::vector<CourseFolder> folders) {
        auto spec = world->spec(++number, name);
        spec.course_folders = std::move(folders);
        return {spec, world->start_or_fail(spec)};
    }
    /// What is made is open to all, as in a folder with an access list for that.
    Answer inside(Server const& server, std::string const& script) {
        return world->run_inside(server.spec, server.started, "umask 0; " + script);
    }

    std::unique_ptr<World> world;
    fs::path course;
    int number = 0;
    Server lea;
    Server ada;
};

using Worlds = testing::Types<ProcessWorld, DockerWorld>;

class NameOfWorld {
public:
    template <class World>
    static std::string GetName(int) {
        return std::is_same_v<World, DockerWorld> ? "Docker" : "Process";
    }
};
TYPED_TEST_SUITE(CourseFoldersOf, Worlds, NameOfWorld);

TYPED_TEST(CourseFoldersOf, MaterialsAreWrittenByLeadersAndReadByAll) {
    EXPECT_EQ(this->inside(this->lea, "echo week 1 > ~/materials/notes").code, 0);
    EXPECT_EQ(this->inside(this->ada, "cat ~/materials/notes").output, "week 1\n");
    for (auto const* const attempt :
         {"echo mine > ~/materials/mine", "echo more >> ~/materials/notes",
          "rm -f ~/materials/notes", "echo x > /srv/course/materials/x", "chmod 0 ~/materials/.",
          "mkdir /srv/course/other", "mv /srv/course/materials /srv/course/shared/"})
        EXPECT_NE(this->inside(this->ada, attempt).code, 0) << attempt;
    EXPECT_EQ(this->inside(this->lea, "cat ~/materials/notes").output, "week 1\n");
}

TYPED_TEST(CourseFoldersOf, WhatIsSharedIsWrittenByAll) {
    EXPECT_EQ(this->inside(this->ada, "echo hello > ~/shared/hello").code, 0);
    EXPECT_EQ(this->inside(this->lea, "cat ~/shared/hello; mv ~/shared/hello ~/shared/read").output,
              "hello\n");
    EXPECT_EQ(this->inside(this->ada, "ls ~/shared").output, "read\n");
}

TYPED_TEST(CourseFoldersOf, AreInSightOfTheCourseAlone) {
    ASSERT_EQ(this->inside(this->ada, "echo secret > ~/shared/secret").code, 0);
    auto const eve = this->start("eve", {});
    EXPECT_NE(this->inside(eve, "ls /srv/course").code, 0);
    EXPECT_NE(this->inside(eve, "ls " + this->course.string()).code, 0);
    EXPECT_FALSE(fs::is_symlink(eve.spec.home / "shared"));
}

}  // namespace
}  // namespace carrel
