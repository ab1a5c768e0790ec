#include "homes/local/local_homes_fixture.hpp"

#include "runtime/subprocess.hpp"

namespace carrel {
namespace {

namespace fs = std::filesystem;

class CourseFolderOnDisk : public LocalHomes {
protected:
    fs::path provide() { return homes_->provide(key_).value(); }
    static mode_t mode_of(fs::path const& path) { return status_of(path).st_mode & 07777; }
    /// As a server of that uid would, whose programs mind a umask.
    static int as(uid_t uid, fs::path const& where, std::string const& script) {
        auto const number = std::to_string(uid);
        auto const done = run({.arguments = {"/usr/bin/setpriv", "--reuid=" + number,
                                             "--regid=" + number, "--clear-groups", "/bin/sh", "-c",
                                             "umask 077; cd \"$0\" && " + script, where.string()},
                               .environment = {{"PATH", "/usr/bin:/bin"}}},
                              Deadline::after(Seconds(10)));
        return done ? done->exit_code : -1;
    }
    /// A mount leads to a part past the folders around it; here those are opened instead.
    void open_the_way(fs::path const& folder) {
        for (auto path = folder; path != folder_.path().parent_path(); path = path.parent_path())
            fs::permissions(path, fs::perms::others_exec, fs::perm_options::add);
    }

    HomeKey const key_ = course_folder_of("python");
};

TEST_F(CourseFolderOnDisk, IsClosedAndItsPartsAreOpen) {
    auto const folder = provide();
    EXPECT_EQ(mode_of(folder), 0700U);
    for (auto const part : course_parts) EXPECT_EQ(mode_of(folder / part), 0777U) << part;
}

TEST_F(CourseFolderOnDisk, WhatOneMakesAnotherChanges) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to be somebody else";
    auto const shared = provide() / shared_part;
    open_the_way(shared.parent_path());
    ASSERT_EQ(as(290'001, shared, "mkdir group && echo ada > group/list"), 0);
    EXPECT_EQ(as(290'002, shared, "echo ben >> group/list && touch group/more"), 0);
    EXPECT_EQ(text_of(shared / "group/list"), "ada\nben\n");
    EXPECT_EQ(as(290'001, shared, "rm group/more && mv group/list ."), 0);
}

TEST_F(CourseFolderOnDisk, CanBeChangedByAllAgainAfterItCameBack) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to be somebody else";
    auto const folder = provide();
    open_the_way(folder);
    auto const shared = folder / shared_part;
    ASSERT_EQ(as(290'001, shared, "mkdir group && echo ada > group/list && chmod 600 group/list"),
              0);
    ASSERT_EQ(as(290'001, shared, "echo exit 0 > run && chmod 700 run && ln -s /etc/passwd out"),
              0);
    auto const made = homes_->export_home(key_, [] { return false; });
    ASSERT_TRUE(made) << made.error().message;
    ASSERT_TRUE(homes_->remove(key_, *made));
    ASSERT_TRUE(homes_->restore(key_, *made, [] { return false; }).value());
    open_the_way(folder);
    EXPECT_EQ(mode_of(shared / "run"), 0777U);
    EXPECT_EQ(mode_of("/etc/passwd"), 0644U) << "a link is not followed";
    EXPECT_EQ(as(290'002, shared, "echo ben >> group/list && mkdir group/new && ./run"), 0);
    EXPECT_EQ(as(290'001, shared, "rmdir group/new && rm -r group"), 0);
}

TEST_F(CourseFolderOnDisk, IsNotTakenForSomebodysHome) {
    auto const folder = provide();
    write(folder / shared_part / "list", "x");
    auto const made = homes_->export_home(key_, [] { return false; }).value();
    EXPECT_EQ(names_in(made.file).front(), "python/");
    EXPECT_FALSE(homes_->remove(ada_, made));
    home();
    auto const hers = exported().value();
    EXPECT_FALSE(homes_->remove(key_, hers));
}

}  // namespace
}  // namespace carrel
