#include "homes/local/local_home_store.hpp"

#include "base/temporary_folder.hpp"
#include "homes/home_store_contract.hpp"
#include "homes/local/home_archive.hpp"
#include "homes/local/local_homes_fixture.hpp"

#include <sys/socket.h>
#include <sys/un.h>

namespace carrel {

namespace {

EmptyHomeStore make_local() {
    auto const folder = std::make_shared<TemporaryFolder>();
    return {folder, LocalHomeStore::create(options_in(folder->path())).value()};
}

INSTANTIATE_TEST_SUITE_P(Local, HomeStoreContract, testing::Values(make_local));

TEST_F(LocalHomes, AreTheirOwnersAloneAndCannotBeListed) {
    auto const path = home();
    EXPECT_EQ(status_of(path).st_mode & 07777, 0700U);
    EXPECT_EQ(status_of(path.parent_path()).st_mode & 07777, 0711U);
    EXPECT_EQ(status_of(path.parent_path().parent_path()).st_mode & 07777, 0711U);
    if (::geteuid() == 0) EXPECT_EQ(status_of(path).st_uid, 200000U);
}

TEST_F(LocalHomes, AreGivenToTheirNumberWholeWhenTheyAreNotItsYet) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
    auto const path = home();
    std::filesystem::create_directory(path / "sub");
    write(path / "sub" / "a.txt", "x");
    write(folder_.path() / "not-hers", "x");
    std::filesystem::create_symlink(folder_.path() / "not-hers", path / "link");
    ASSERT_EQ(::chown(path.c_str(), 0, 0), 0);
    home();
    EXPECT_EQ(status_of(path).st_uid, 200000U);
    EXPECT_EQ(status_of(path / "sub" / "a.txt").st_uid, 200000U);
    EXPECT_EQ(status_of(path / "link").st_uid, 200000U);
    EXPECT_EQ(status_of(folder_.path() / "not-hers").st_uid, 0U);
}

TEST_F(LocalHomes, FollowTheirOwnerToAnotherNumber) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
    auto const path = home();
    write(path / "a.txt", "x");
    ASSERT_EQ(::chown((path / "a.txt").c_str(), 200000, 200000), 0);
    // As after a power failure that the old number's row did not outlive.
    ASSERT_EQ(homes_->provide({"python", "ada", 200064}).value(), path);
    EXPECT_EQ(status_of(path).st_uid, 200064U);
    EXPECT_EQ(status_of(path / "a.txt").st_uid, 200064U);
}

TEST_F(LocalHomes, ExportIsAPrivateZipWithOneFolder) {
    auto const path = home();
    std::filesystem::create_directories(path / "work" / "empty");
    write(path / "work" / "a.ipynb", "{}");
    auto const made = exported().value();
    EXPECT_EQ(made.file, folder_.path() / "exports" / "python" / "ada.zip");
    EXPECT_EQ(status_of(made.file).st_mode & 07777, 0600U);
    EXPECT_EQ(made.files, 1);
    EXPECT_THAT(names_in(made.file),
                testing::ElementsAre("python-ada/", "python-ada/work/", "python-ada/work/a.ipynb",
                                     "python-ada/work/empty/"));
}

TEST_F(LocalHomes, ExportStoresLinksAndNeverFollowsThem) {
    write(folder_.path() / "secret", "of the machine");
    std::filesystem::create_directory(folder_.path() / "elsewhere");
    write(folder_.path() / "elsewhere" / "kept", "x");
    auto const path = home();
    std::filesystem::create_symlink(folder_.path() / "secret", path / "file");
    std::filesystem::create_symlink(folder_.path() / "elsewhere", path / "folder");
    std::filesystem::create_symlink("..", path / "up");
    std::filesystem::create_symlink("loop", path / "loop");
    std::filesystem::create_symlink("\xff", path / "odd");
    auto const made = exported().value();
    EXPECT_EQ(made.files, 4);
    EXPECT_THAT(names_in(made.file),
                testing::ElementsAre("python-ada/", "python-ada/file", "python-ada/folder",
                                     "python-ada/loop", "python-ada/up", "python-ada-notes.txt"));
    EXPECT_TRUE(removed_for_good(made));
    EXPECT_TRUE(std::filesystem::exists(folder_.path() / "elsewhere" / "kept"));
    EXPECT_TRUE(std::filesystem::exists(folder_.path() / "secret"));
}

TEST_F(LocalHomes, AreNotFollowedWhenTheyAreALinkThemselves) {
    std::filesystem::create_directories(folder_.path() / "homes" / "python");
    std::filesystem::create_directory(folder_.path() / "elsewhere");
    write(folder_.path() / "elsewhere" / "kept", "x");
    std::filesystem::create_symlink(folder_.path() / "elsewhere",
                                    folder_.path() / "homes" / "python" / "ada");
    EXPECT_FALSE(homes_->provide(ada_));
    EXPECT_FALSE(exported());
}

TEST_F(LocalHomes, ExportKeepsEveryNameApart) {
    auto const path = home();
    for (auto const* const name : {"line\nbreak", "back\\slash", "e\xcc\x81", "\xc3\xa9", "bad\xff",
                                   "bad%FF", "100%", " ", "-rf", "\xed\xa0\x80", "quote\"'", "*?"})
        write(path / name, name);
    auto const made = exported();
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->files, 12);
    auto const names = names_in(made->file);
    EXPECT_THAT(names, testing::IsSupersetOf({"python-ada/bad%FF", "python-ada/bad%FF~",
                                              "python-ada/e\xcc\x81", "python-ada/\xc3\xa9",
                                              "python-ada/%ED%A0%80", "python-ada/line\nbreak",
                                              "python-ada-notes.txt"}));
    EXPECT_TRUE(removed_for_good(*made));
}

TEST_F(LocalHomes, ExportLeavesOutPipesAndSocketsAndSaysSo) {
    auto const path = home();
    ASSERT_EQ(::mkfifo((path / "pipe").c_str(), 0600), 0);
    FileDescriptor const socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (path / "socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket.number(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    auto const made = exported().value();
    EXPECT_EQ(made.files, 0);
    EXPECT_THAT(names_in(made.file), testing::ElementsAre("python-ada/", "python-ada-notes.txt"));
    EXPECT_TRUE(removed_for_good(made));
}

TEST_F(LocalHomes, ExportReadsWhatItsOwnerLocked) {
    auto const path = home();
    std::filesystem::create_directory(path / "locked");
    write(path / "locked" / "a.txt", "x");
    std::filesystem::permissions(path / "locked" / "a.txt", std::filesystem::perms::none);
    std::filesystem::permissions(path / "locked", std::filesystem::perms::none);
    auto const made = exported();
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->files, 1);
    EXPECT_TRUE(removed_for_good(*made));
}

TEST_F(LocalHomes, ExportReachesTheBottomOfTenThousandFolders) {
    dig(home(), 10'000, "deep");
    auto const made = exported();
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->files, 1);
    auto const names = names_in(made->file);
    EXPECT_EQ(names.size(), 10'000U + 3);
    EXPECT_EQ(names.back(), "python-ada-notes.txt");
    for (auto const& name : names) EXPECT_LE(name.size(), 4096U);
    EXPECT_TRUE(removed_for_good(*made));
}

TEST_F(LocalHomes, ExportOfATerabyteOfHolesHoldsItsPieces) {
    auto const path = home();
    FileDescriptor const file(
        ::open((path / "disk.img").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (::ftruncate(file.number(), 1LL << 40) != 0) GTEST_SKIP() << "no sparse files here";
    ASSERT_EQ(::pwrite(file.number(), "begin", 5, 0), 5);
    ASSERT_EQ(::pwrite(file.number(), "middle", 6, 1LL << 39), 6);
    auto const made = exported();
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_THAT(names_in(made->file),
                testing::ElementsAre(
                    "python-ada/", "python-ada/disk.img.pieces/", "python-ada/disk.img.pieces/0",
                    "python-ada/disk.img.pieces/549755813888", "python-ada-notes.txt"));
    EXPECT_TRUE(removed_for_good(*made));
}

TEST_F(LocalHomes, ExportRefusesMoreFilesThanItsLimit) {
    auto options = options_in(folder_.path());
    options.limits.most_entries = 10;
    restart(options);
    auto const path = home();
    for (int i = 0; i < 11; ++i) write(path / fmt::format("{}", i), "");
    auto const made = exported();
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().message,
              "export the home of ada in python: there are more than 10 files and folders");
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / "exports" / "python"));
}

TEST_F(LocalHomes, WritingToAFullDiskIsALimit) {
    write(home() / "a.txt", "x");
    FileDescriptor const full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    HomeWalk walk(open_folder(AT_FDCWD, home().string()).value(), "python-ada", {});
    auto const written =
        write_archive(std::move(walk), "python-ada", full.number(), [] { return false; });
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Code::LimitReached);
}

TEST_F(LocalHomes, ExportFailsWhenAFileChangesWhileItIsRead) {
    auto const path = home();
    write(path / "a.txt", "before");
    int asked = 0;
    auto const made = homes_->export_home(ada_, [&] {
        write(path / "a.txt", fmt::format("changed {}", ++asked));
        return false;
    });
    ASSERT_FALSE(made);
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / "exports" / "python"));
    EXPECT_TRUE(std::filesystem::exists(path / "a.txt"));
}

TEST_F(LocalHomes, EveryFlippedByteOfAnExportIsFoundBeforeRemoval) {
    auto const path = home();
    write(path / "a.txt", "the work of a term");
    auto const made = exported().value();
    FileDescriptor const zip(::open(made.file.c_str(), O_RDWR | O_CLOEXEC));
    for (long long at = 0; at < made.bytes; ++at) {
        flip(zip, at);
        EXPECT_FALSE(homes_->verify(made.file, made.sha256)) << at;
        EXPECT_FALSE(homes_->remove(ada_, made)) << at;
        flip(zip, at);
    }
    EXPECT_TRUE(std::filesystem::exists(path / "a.txt"));
    EXPECT_TRUE(removed_for_good(made));
}

TEST_F(LocalHomes, CheckFindsWrongContentNamesAndMissingFiles) {
    auto const path = home();
    write(path / "a.txt", "the work of a term");
    auto const made = exported().value();
    FileDescriptor const zip(::open(made.file.c_str(), O_RDWR | O_CLOEXEC));
    auto const check = [&] {
        HomeWalk home(open_folder(AT_FDCWD, path.string()).value(), "python-ada", {});
        return check_archive(std::move(home), "python-ada", zip.number(), [] { return false; });
    };
    ASSERT_TRUE(check());
    std::string bytes(static_cast<size_t>(made.bytes), '\0');
    ASSERT_EQ(::pread(zip.number(), bytes.data(), bytes.size(), 0), made.bytes);
    std::string_view const name = "python-ada/a.txt";
    auto const header = bytes.find(name);
    auto const extra = static_cast<unsigned char>(bytes[header - 2]);
    auto const content = header + name.size() + extra;
    for (auto const at : {bytes.rfind(name), content, content + 5}) {
        flip(zip, static_cast<long long>(at));
        EXPECT_FALSE(check()) << at;
        flip(zip, static_cast<long long>(at));
    }
    write(path / "b.txt", "");
    EXPECT_FALSE(check()) << "a file more than in the archive";
    std::filesystem::remove(path / "b.txt");
    std::filesystem::remove(path / "a.txt");
    EXPECT_FALSE(check()) << "a file less";
}

TEST_F(LocalHomes, FoldersThatWereLeftHalfMadeAreMadeWhole) {
    // As when a process ends between making a folder and setting its mode.
    auto const course = folder_.path() / "homes" / "python";
    ASSERT_EQ(::mkdir(course.c_str(), 0700), 0);
    home();
    EXPECT_EQ(status_of(course).st_mode & 07777, 0711U);
}

TEST_F(LocalHomes, RemovalThatWasInterruptedIsFinished) {
    auto const path = home();
    write(path / "a.txt", "x");
    auto const made = exported().value();
    // As remove leaves it when the machine stops in its middle.
    std::filesystem::rename(path, path.parent_path() / ".removing.ada");
    EXPECT_EQ(homes_->left_of("python").value(), std::vector<std::string>{"ada"});
    EXPECT_EQ(exported().error().code, Code::NotFound) << "what is left is no whole home";
    EXPECT_TRUE(removed_for_good(made));
}

}  // namespace

}  // namespace carrel
