#include "auth/access/userlist.hpp"

#include "base/temporary_folder.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>

#include <fstream>

namespace carrel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Userlist parsed(std::string_view text, std::vector<std::string> const& domains = {}) {
    auto list = parse_userlist(text, domains);
    if (!list) throw std::runtime_error(list.error().message);
    return *std::move(list);
}

TEST(Userlist, ANameALineAndAdminBehindIt) {
    auto const list = parsed("ada\nroot admin\n");
    EXPECT_THAT(list.lists.of(AccessList::Allow), ElementsAre("ada", "root"));
    EXPECT_THAT(list.lists.of(AccessList::Administrators), ElementsAre("root"));
    EXPECT_EQ(list.people, 2U);
    EXPECT_THAT(list.remarks, IsEmpty());
    EXPECT_TRUE(list.lists.closed());
}

TEST(Userlist, WhatSurroundsNamesDoesNotMatter) {
    auto const list = parsed(
        "\xef\xbb\xbf# people\r\n\r\n  ada\t\r\n\tbob   ADMIN # of the lab\r\n#eve\r\n   \r\ncyd");
    EXPECT_THAT(list.lists.of(AccessList::Allow), ElementsAre("ada", "bob", "cyd"));
    EXPECT_THAT(list.lists.of(AccessList::Administrators), ElementsAre("bob"));
    EXPECT_THAT(list.remarks, IsEmpty());
}

TEST(Userlist, LinesAreCountedAsTheirEditorShowsThem) {
    EXPECT_THAT(parsed("ada\r\n..\r\n").remarks, ElementsAre("line 2: '..' is no user name"));
    EXPECT_THAT(parsed("ada\n..\n").remarks, ElementsAre("line 2: '..' is no user name"));
}

TEST(Userlist, LinesOfAnOldMacintoshToo) {
    EXPECT_THAT(parsed("ada\rbob\r").lists.of(AccessList::Allow), ElementsAre("ada", "bob"));
}

TEST(Userlist, WhoIsThereTwiceIsToldAndCountsOnce) {
    auto const list = parsed(
        "ada\nAda admin\n\xef\xbc\xa1"
        "da\n");
    EXPECT_EQ(list.people, 1U);
    EXPECT_THAT(list.lists.of(AccessList::Administrators), ElementsAre("ada"));
    EXPECT_THAT(list.remarks,
                ElementsAre("line 2: ada is there twice", "line 3: ada is there twice"));
}

TEST(Userlist, NamesAreInTheirOneForm) {
    auto const list = parsed("ADA@Example.org\nbj\xc3\xb6rn\nBob@lab.example\n", {"lab.example"});
    EXPECT_THAT(list.lists.of(AccessList::Allow), ElementsAre("ada-example.org", "bjorn", "bob"));
}

TEST(Userlist, WhatIsNoNameIsLeftOutAndTold) {
    auto const list = parsed("..\n-rf\n../../etc/passwd\nada\n\x1b[2J\nhub\nadmin admin\n");
    EXPECT_THAT(list.lists.of(AccessList::Allow), ElementsAre("ada", "admin", "hub"));
    ASSERT_EQ(list.remarks.size(), 4U);
    EXPECT_EQ(list.remarks[1], "line 2: '-rf' is no user name");
    EXPECT_THAT(list.remarks[3], HasSubstr("\\x1b"));
}

TEST(Userlist, AWordThatMeansNothingIsTold) {
    auto const list = parsed("ada amdin\nroot admin now\n");
    EXPECT_THAT(list.lists.of(AccessList::Allow), ElementsAre("ada", "root"));
    EXPECT_THAT(list.lists.of(AccessList::Administrators), ElementsAre("root"));
    EXPECT_THAT(list.remarks, ElementsAre(HasSubstr("'amdin' behind ada"), HasSubstr("'now'")));
}

TEST(Userlist, ALotOfRubbishIsToldInFewLines) {
    std::string text = "ada\n";
    for (int i = 0; i < 1000; ++i) text += "!\n";
    auto const list = parsed(text);
    EXPECT_EQ(list.remarks.size(), 21U);
    EXPECT_EQ(list.remarks.back(), "and 980 lines more");
}

TEST(Userlist, NobodyInItIsAMistakeAndNotAWish) {
    for (std::string_view const text : {"", "\n\n", "# nobody\n", "..\n"})
        EXPECT_FALSE(parse_userlist(text, {})) << text;
    EXPECT_THAT(parse_userlist("..\n", {}).error().message, HasSubstr("line 1"));
}

TEST(Userlist, AnotherEncodingIsNoList) {
    using namespace std::string_view_literals;
    for (std::string_view const text : {"\xff\xfe"
                                        "a\0d\0a\0"sv,
                                        "\xfe\xff\0a\0d\0a"sv, "\xff\xfe\x4e\x67"sv, "ada\0"sv})
        EXPECT_THAT(parse_userlist(text, {}).error().message, HasSubstr("UTF-8"));
}

class UserlistFileTest : public ::testing::Test {
protected:
    void write(std::string const& text) const { std::ofstream(path_) << text; }
    /// What a change gives once it has come to rest.
    std::optional<Result<Userlist>> look_twice(UserlistFile& file) const {
        EXPECT_FALSE(file.look());
        return file.look();
    }

    TemporaryFolder folder_;
    std::filesystem::path path_ = folder_.path() / "userlist";
};

TEST_F(UserlistFileTest, IsReadAgainOnceItHasChangedAndRests) {
    write("ada\n");
    UserlistFile file(path_, {});
    ASSERT_EQ(file.read()->people, 1U);
    EXPECT_FALSE(file.look());
    write("ada\nbob\n");
    EXPECT_FALSE(file.look()) << "it may be half of a file that somebody is writing";
    write("ada\nbob\ncyd\n");
    auto const changed = look_twice(file);
    ASSERT_TRUE(changed);
    EXPECT_EQ((*changed)->people, 3U);
    EXPECT_FALSE(file.look());
}

TEST_F(UserlistFileTest, AReplacedFileIsNoticedEvenWhenItIsAsLong) {
    write("ada\n");
    UserlistFile file(path_, {});
    ASSERT_TRUE(file.read());
    std::ofstream(folder_.path() / "new") << "bob\n";
    std::filesystem::rename(folder_.path() / "new", path_);
    auto const changed = look_twice(file);
    ASSERT_TRUE(changed);
    EXPECT_TRUE((*changed)->lists.has(AccessList::Allow, "bob"));
}

TEST_F(UserlistFileTest, OneThatGoesIsToldOnceAndOneThatComesBackIsRead) {
    write("ada\n");
    UserlistFile file(path_, {});
    ASSERT_TRUE(file.read());
    std::filesystem::remove(path_);
    auto const gone = look_twice(file);
    ASSERT_TRUE(gone);
    EXPECT_EQ(gone->error().code, Code::NotFound);
    EXPECT_FALSE(file.look());
    EXPECT_FALSE(file.look());
    write("bob\n");
    auto const back = look_twice(file);
    ASSERT_TRUE(back);
    EXPECT_TRUE(*back);
}

TEST_F(UserlistFileTest, WhatIsNoPlainFileIsRefusedWithoutWaiting) {
    std::filesystem::create_directory(path_);
    EXPECT_EQ(UserlistFile(path_, {}).read().error().code, Code::InvalidArgument);
    ASSERT_EQ(::mkfifo((folder_.path() / "pipe").c_str(), 0600), 0);
    EXPECT_THAT(UserlistFile(folder_.path() / "pipe", {}).read().error().message,
                HasSubstr("no plain file"));
}

TEST_F(UserlistFileTest, OneThatIsTooBigIsRefused) {
    write(std::string(5UL * 1024 * 1024, 'a'));
    EXPECT_THAT(UserlistFile(path_, {}).read().error().message, HasSubstr("4 MiB"));
}

}  // namespace
}  // namespace carrel
