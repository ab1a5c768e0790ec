/// Where the file system under /tmp has user quotas, as in scripts/kernel-lab; elsewhere skipped.

#include "homes/local/local_homes_fixture.hpp"

#include "runtime/subprocess.hpp"

namespace carrel {
namespace {

constexpr long long mebibyte = 1024LL * 1024;

class DiskQuota : public LocalHomes {
protected:
    void SetUp() override {
        if (auto const cause = homes_->unlimited_because())
            GTEST_SKIP() << "homes cannot be limited here: " << *cause
                         << "; see scripts/kernel-lab";
        home();
        // The way to it is a sandbox's business.
        for (auto path = home(); path != "/"; path = path.parent_path())
            std::filesystem::permissions(path, std::filesystem::perms::others_exec,
                                         std::filesystem::perm_options::add);
    }
    /// As the owner of the home.
    int inside(std::string const& script) {
        auto const done = run(
            {.arguments = {"/usr/bin/setpriv", "--reuid=200000", "--regid=200000", "--clear-groups",
                           "/bin/sh", "-c", "cd \"$0\" && " + script, home().string()},
             .environment = {{"PATH", "/usr/bin:/bin"}}},
            Deadline::after(Seconds(60)));
        return done ? done->exit_code : -1;
    }
    static std::string write(std::string const& name, int mebibytes) {
        return fmt::format("dd if=/dev/zero of={} bs=1M count={} status=none", name, mebibytes);
    }
};

TEST_F(DiskQuota, NobodyKeepsMoreThanTheLimit) {
    ASSERT_TRUE(homes_->limit(ada_, 8 * mebibyte));
    EXPECT_EQ(inside(write("a", 5)), 0);
    EXPECT_NE(inside(write("b", 5)), 0);
    EXPECT_LE(homes_->size(ada_).value(), 8 * mebibyte);
    EXPECT_EQ(inside("rm a b && " + write("c", 7)), 0) << "what was deleted is free again";
}

TEST_F(DiskQuota, TheNextLimitCounts) {
    ASSERT_TRUE(homes_->limit(ada_, 4 * mebibyte));
    EXPECT_NE(inside(write("a", 6)), 0);
    ASSERT_TRUE(homes_->limit(ada_, 8 * mebibyte));
    EXPECT_EQ(inside(write("a", 6)), 0);
    ASSERT_TRUE(homes_->limit(ada_, 2 * mebibyte)) << "what is there stays";
    EXPECT_NE(inside("echo more > more"), 0);
}

TEST_F(DiskQuota, CountsWhatSomebodyAddsToTheCourseFolder) {
    auto const shared = homes_->provide(course_folder_of("python")).value() / shared_part;
    std::filesystem::permissions(shared.parent_path(), std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
    ASSERT_TRUE(homes_->limit(ada_, 4 * mebibyte));
    EXPECT_NE(inside(write(shared / "big", 6)), 0);
}

TEST_F(DiskQuota, AFullHomeIsExportedAndRestored) {
    ASSERT_TRUE(homes_->limit(ada_, 4 * mebibyte));
    EXPECT_NE(inside("dd if=/dev/urandom of=a bs=1M count=6 status=none"), 0);
    auto const made = there_and_back();
    EXPECT_EQ(made.files, 1);
    EXPECT_NE(inside("echo more > more"), 0) << "it is as full as it was";
}

TEST_F(DiskQuota, NobodyKeepsMoreFilesThanAnExportTakes) {
    auto options = options_in(folder_.path());
    options.limits.most_entries = 20;
    restart(options);
    ASSERT_TRUE(homes_->limit(ada_, 8 * mebibyte));
    EXPECT_NE(inside("for i in $(seq 1 30); do : > f$i || exit 1; done"), 0);
    EXPECT_TRUE(exported()) << "and the course can end";
}

}  // namespace
}  // namespace carrel
