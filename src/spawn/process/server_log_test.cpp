#include "spawn/process/server_log.hpp"

#include "base/encoding.hpp"
#include "base/temporary_folder.hpp"
#include "spawn/test_loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace carrel {
namespace {

using testing::HasSubstr;

TEST(ServerLog, ColoursAndControlCharactersGo) {
    EXPECT_EQ(readable("\x1b[1;32mok\x1b[0m\r\n\x07tab\there\x1b", ""), "ok\ntab\there");
}

TEST(ServerLog, SecretIsBlankedEverywhere) {
    EXPECT_EQ(readable("?token=abc123 and abc123\n", "abc123"), "?token=… and …\n");
    EXPECT_EQ(readable("ab\x1b[1mc123", "abc123"), "…") << "also where colours hide it";
}

TEST(ServerLog, BrokenTextBecomesValid) {
    auto const clean = readable("gr\xc3\xbc\xc3\x9f\x65 \xff\xc3", "");
    EXPECT_TRUE(is_printable_utf8(clean));
    EXPECT_THAT(clean, testing::StartsWith("grüße "));
}

TEST(ServerLog, TailIsTheLastLines) {
    TemporaryFolder const folder;
    auto const log = folder.path() / "log";
    std::ofstream file(log);
    for (int line = 1; line <= 5000; ++line) file << "line " << line << "\n";
    file.close();
    auto const tail = log_tail(log, "");
    EXPECT_EQ(std::ranges::count(tail, '\n'), 40);
    EXPECT_TRUE(tail.starts_with("line 4961\n"));
    EXPECT_TRUE(tail.ends_with("line 5000\n"));
    EXPECT_EQ(log_tail(folder.path() / "missing", ""), "");
}

TEST(ServerLog, TailLeavesOutTheBeginningOfTheWayOut) {
    TemporaryFolder const folder;
    auto const log = folder.path() / "log";
    std::ofstream(log) << "sent tapfd=7 for tap0\nno sent tapfd=8\nreceived tapfd=7\nbroken\n";
    EXPECT_EQ(log_tail(log, ""), "no sent tapfd=8\nbroken\n");
}

TEST(ServerLog, LargeLogIsCutToItsEndWhileItIsWritten) {
    TemporaryFolder const folder;
    auto const log = folder.path() / "log";
    std::ofstream file(log, std::ios::app);
    for (int line = 1; line <= 5000; ++line) file << "line " << line << std::endl;
    limit_log(log, 1'000'000);
    EXPECT_GT(std::filesystem::file_size(log), 40'000U) << "small enough";
    limit_log(log, 10'000);
    EXPECT_LT(std::filesystem::file_size(log), 3'000U);
    file << "one more" << std::endl;
    EXPECT_THAT(log_tail(log, ""), HasSubstr("line 5000\none more\n"));
}

TEST(ServerLog, RotationKeepsOneOlderLog) {
    TemporaryFolder const folder;
    auto const log = server_log_path(folder.path() / "logs", "a.b");
    ASSERT_TRUE(rotate_log(log)) << "nothing to keep yet";
    std::ofstream(log) << "old";
    ASSERT_TRUE(rotate_log(log));
    EXPECT_FALSE(std::filesystem::exists(log));
    EXPECT_TRUE(std::filesystem::exists(log.string() + ".1"));
}

}  // namespace
}  // namespace carrel
