#include "homes/local/home_archive.hpp"
#include "homes/local/local_homes_fixture.hpp"

namespace carrel {

namespace {

using Restoration = LocalHomes;

TEST_F(Restoration, KeepsModesTimesLinksAndTheOwner) {
    auto const path = home();
    std::filesystem::create_directories(path / "shut" / "inner");
    write(path / "shut" / "inner" / "a.txt", "x");
    write(path / "run.sh", "#!/bin/sh");
    std::filesystem::create_symlink("run.sh", path / "link");
    std::filesystem::create_symlink("caf\xc3\xa9/\xe2\x82\xac", path / "nowhere");
    std::filesystem::create_symlink(folder_.path(), path / "out");
    std::filesystem::permissions(path / "run.sh", std::filesystem::perms{0750});
    std::filesystem::permissions(path / "shut" / "inner" / "a.txt", std::filesystem::perms::none);
    std::filesystem::permissions(path / "shut", std::filesystem::perms{0500});
    timespec const long_ago[2] = {{.tv_sec = 1'600'000'000, .tv_nsec = 0},
                                  {.tv_sec = 1'600'000'000, .tv_nsec = 0}};
    for (auto const* const name : {"run.sh", "link", "shut", ""})
        ASSERT_EQ(::utimensat(AT_FDCWD, (path / name).c_str(), long_ago, AT_SYMLINK_NOFOLLOW), 0);
    auto const made = there_and_back();
    EXPECT_EQ(status_of(path).st_mode & 07777, 0700U);
    EXPECT_EQ(status_of(path / "run.sh").st_mode & 07777, 0750U);
    EXPECT_EQ(status_of(path / "shut").st_mode & 07777, 0500U);
    EXPECT_EQ(status_of(path / "shut/inner/a.txt").st_mode & 07777, 0U);
    for (auto const* const name : {"run.sh", "link", "shut", ""})
        EXPECT_EQ(status_of(path / name).st_mtim.tv_sec, 1'600'000'000) << name;
    EXPECT_EQ(std::filesystem::read_symlink(path / "link"), "run.sh");
    EXPECT_EQ(std::filesystem::read_symlink(path / "nowhere"), "caf\xc3\xa9/\xe2\x82\xac");
    if (::geteuid() == 0) {
        for (auto const* const name : {"", "run.sh", "link", "out", "shut/inner/a.txt"})
            EXPECT_EQ(status_of(path / name).st_uid, 200000U) << name;
        EXPECT_EQ(status_of(folder_.path()).st_uid, 0U) << "what a link leads to";
    }
    auto const again = exported().value();
    EXPECT_EQ(again.sha256, made.sha256);
    EXPECT_EQ(again.file, made.file);
}

TEST_F(Restoration, BringsBackWhatTheArchiveCouldNotShowAsItWas) {
    auto const path = home();
    dig(path, 700, "deep");
    auto const long_name = std::string(255, '\xff');
    write(path / long_name, "of a long name");
    write(path / "bad\xff", "renamed");
    write(path / "python-ada-notes.txt", "her own");
    std::filesystem::create_directory(path / "python-ada-deeper");
    auto const made = there_and_back();
    EXPECT_EQ(made.files, 4);
    EXPECT_EQ(text_of(path / "bad%FF"), "renamed");
    EXPECT_EQ(text_of(path / "python-ada-notes.txt"), "her own");
    EXPECT_THAT(text_of(path / "python-ada-notes.txt~"), testing::HasSubstr("bad%FF"));
    EXPECT_TRUE(std::filesystem::is_empty(path / "python-ada-deeper"));
    EXPECT_TRUE(std::filesystem::is_directory(path / "python-ada-deeper~" / "1" / "deep"));
    auto const again = exported();
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->files, 5) << "the notes are one more";
    int of_a_long_name = 0;
    for (auto const& entry : std::filesystem::directory_iterator(path))
        if (entry.is_regular_file() && text_of(entry.path()) == "of a long name") ++of_a_long_name;
    EXPECT_EQ(of_a_long_name, 1);
    EXPECT_TRUE(removed_for_good(*again));
}

TEST_F(Restoration, ThatWasInterruptedBeginsAnew) {
    write(home() / "a.txt", "the work of a term");
    auto const made = exported().value();
    EXPECT_TRUE(removed_for_good(made));
    // As it is left when the machine stops in its middle.
    auto const half = folder_.path() / "homes" / "python" / ".restoring.ada";
    std::filesystem::create_directories(half / "sub");
    write(half / "a.txt", "the wo");
    EXPECT_EQ(homes_->left_of("python").value(), std::vector<std::string>{"ada"});
    EXPECT_EQ(exported().error().code, Code::NotFound) << "half a home is none";
    EXPECT_TRUE(homes_->restore(ada_, made, [] { return false; }).value());
    EXPECT_EQ(text_of(home() / "a.txt"), "the work of a term");
    EXPECT_FALSE(std::filesystem::exists(home() / "sub"));
    EXPECT_FALSE(std::filesystem::exists(half));

    EXPECT_TRUE(removed_for_good(made));
    std::filesystem::create_directories(half / "sub");
    EXPECT_TRUE(removed_for_good(made)) << "removing takes it along";
}

}  // namespace

}  // namespace carrel
