#include "store/sqlite/sqlite_store.hpp"

#include "base/temporary_folder.hpp"
#include "store/migrations/migrations.hpp"
#include "store/sql/query.hpp"
#include "store/sqlite/sqlite_engine.hpp"
#include "store/store_contract.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>

namespace carrel {

namespace {

using testing::HasSubstr;

class SqliteStoreTest : public testing::Test {
protected:
    [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "carrel.sqlite"; }

    std::unique_ptr<Connection> connection() {
        return engine_.connect(SqliteEngine::Use::Write, std::chrono::seconds(5)).value();
    }
    void write_file(std::string_view content) const { std::ofstream(file()) << content; }
    [[nodiscard]] std::string content() const {
        std::ifstream stream(file());
        return {std::istreambuf_iterator<char>(stream), {}};
    }

    TemporaryFolder folder_;
    SqliteEngine engine_{folder_.path() / "carrel.sqlite"};
};

/// Runs `body` as somebody who is not root, for whom permissions count; its result is the exit
/// status.
int run_without_rights(std::function<int()> const& body) {
    auto const child = ::fork();
    if (child == 0) {
        if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(100);
        ::_exit(body());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_F(SqliteStoreTest, OnlyItsOwnerReadsTheFile) {
    ASSERT_TRUE(open_sqlite_store(file()));
    struct stat status{};
    ASSERT_EQ(::stat(file().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);

    ::chmod(file().c_str(), 0644);
    auto const store = open_sqlite_store(file()).value();
    ASSERT_TRUE(store->write([](Transaction& t) { return t.users().insert(some_user("ada")); }));
    for (auto const* suffix : {"", "-wal", "-shm"}) {
        ASSERT_EQ(::stat((file().string() + suffix).c_str(), &status), 0) << suffix;
        EXPECT_EQ(status.st_mode & 0777, 0600U) << suffix;
    }
}

TEST_F(SqliteStoreTest, SettingsAreMade) {
    auto const store = open_sqlite_store(file()).value();
    auto const open = connection();
    EXPECT_EQ(Query(*open, "pragma journal_mode").value<std::string>().value(), "wal");
    EXPECT_EQ(Query(*open, "pragma synchronous").value<int>().value(), 2);
    EXPECT_EQ(Query(*open, "pragma foreign_keys").value<int>().value(), 1);
}

TEST_F(SqliteStoreTest, APathMayHaveSpacesAndEquals) {
    auto const folder = folder_.path() / "a b=c; d'e ä";
    std::filesystem::create_directory(folder);
    ASSERT_TRUE(open_sqlite_store(folder / "x y.sqlite"));
    EXPECT_TRUE(std::filesystem::exists(folder / "x y.sqlite"));
}

TEST_F(SqliteStoreTest, AMissingFolderIsNamed) {
    auto const opened = open_sqlite_store(folder_.path() / "none" / "carrel.sqlite");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::NotFound);
    EXPECT_THAT(opened.error().message, HasSubstr("none/carrel.sqlite"));
}

TEST_F(SqliteStoreTest, AReadOnlyFolderIsSaid) {
    ::chmod(folder_.path().c_str(), 0555);
    EXPECT_EQ(run_without_rights([&] {
                  auto const opened = open_sqlite_store(file());
                  if (opened) return 1;
                  if (opened.error().code != Code::PermissionDenied) return 2;
                  return opened.error().message.find("cannot be written") == std::string::npos ? 3
                                                                                               : 0;
              }),
              0);
    ::chmod(folder_.path().c_str(), 0755);
}

TEST_F(SqliteStoreTest, AReadOnlyFileIsSaid) {
    ASSERT_TRUE(open_sqlite_store(file()));
    ::chmod(folder_.path().c_str(), 0777);
    ::chmod(file().c_str(), 0444);
    EXPECT_EQ(run_without_rights([&] {
                  auto const opened = open_sqlite_store(file());
                  return !opened && opened.error().code == Code::PermissionDenied ? 0 : 1;
              }),
              0);
}

TEST_F(SqliteStoreTest, AFullDiskIsSaidAndNothingIsLost) {
    auto const store = open_sqlite_store(file(), {.most_pages = 200}).value();
    Result<> outcome;
    int kept = 0;
    for (; kept < 1000; ++kept) {
        auto user = some_user(fmt::format("u{}", kept));
        user.display_name = std::string(20'000, 'x');
        outcome = store->write([&](Transaction& t) { return t.users().insert(user); });
        if (!outcome) break;
    }
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Code::LimitReached);
    EXPECT_THAT(outcome.error().message, HasSubstr("the disk is full"));
    EXPECT_GT(kept, 1);
    EXPECT_EQ(store->read([](Transaction& t) { return t.users().count(); }).value(), kept);

    // Work that makes light of the failure does not get half of itself written.
    auto const careless = store->write([](Transaction& t) -> Result<> {
        auto big = some_user("big");
        big.display_name = std::string(2'000'000, 'x');
        (void)t.users().insert(big);
        (void)t.users().insert(some_user("small"));
        return {};
    });
    ASSERT_FALSE(careless);
    EXPECT_EQ(careless.error().code, Code::LimitReached);
    EXPECT_EQ(store->read([](Transaction& t) { return t.users().count(); }).value(), kept);
}

TEST_F(SqliteStoreTest, WhatIsNoDatabaseIsLeftAsItIs) {
    auto const text = "This is a letter, not a database. " + std::string(5000, '.');
    write_file(text);
    auto const opened = open_sqlite_store(file());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::Internal);
    EXPECT_THAT(opened.error().message, HasSubstr("is not a database"));
    EXPECT_EQ(content(), text);
}

TEST_F(SqliteStoreTest, AnotherProgramsDatabaseIsLeftAsItIs) {
    ASSERT_TRUE(connection()->run("create table bookmarks (url text)"));
    auto const before = content();
    auto const opened = open_sqlite_store(file());
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr("another program"));
    EXPECT_EQ(content(), before);
}

TEST_F(SqliteStoreTest, ADamagedDatabaseIsSaid) {
    {
        auto const store = open_sqlite_store(file()).value();
        for (int i = 0; i < 200; ++i)
            ASSERT_TRUE(store->write([&](Transaction& t) {
                return t.users().insert(some_user(fmt::format("u{}", i)));
            }));
    }
    auto damaged = content();
    std::fill(damaged.begin() + 4096, damaged.end(), '\xa5');
    write_file(damaged);
    auto const outcome = [&]() -> Result<> {
        TRY(auto const store, open_sqlite_store(file()));
        TRY_VOID(store->read([](Transaction& t) { return t.users().list({.limit = 1000}); }));
        return {};
    }();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Code::Internal);
    EXPECT_THAT(outcome.error().message, HasSubstr("damaged"));
    EXPECT_EQ(content(), damaged);
}

TEST_F(SqliteStoreTest, ANewerSchemaIsRefusedNamingBothVersions) {
    ASSERT_TRUE(open_sqlite_store(file()));
    ASSERT_TRUE(connection()->run(
        "insert into schema_version (version, name, applied_at) values (99, 'x', 1)"));
    auto const opened = open_sqlite_store(file());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::Conflict);
    EXPECT_THAT(opened.error().message, HasSubstr("version 99"));
    EXPECT_THAT(opened.error().message,
                HasSubstr(fmt::format("version {}", migrations().back().version)));
}

TEST_F(SqliteStoreTest, AnotherProcessThatWritesIsWaitedFor) {
    auto const store = open_sqlite_store(file(), {.busy_timeout = std::chrono::milliseconds(1)});
    auto const other = connection();
    ASSERT_TRUE(other->run("begin immediate"));
    auto const add = [&] {
        return (*store)->write([](Transaction& t) { return t.users().insert(some_user("ada")); });
    };
    auto const refused = add();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::Unavailable);
    EXPECT_THAT(refused.error().message, HasSubstr("busy"));
    EXPECT_TRUE((*store)->read([](Transaction& t) { return t.users().count(); }));
    ASSERT_TRUE(other->run("commit"));
    EXPECT_TRUE(add());
}

TEST_F(SqliteStoreTest, ADatabaseIsWholeAfterSigkill) {
    int started[2];
    ASSERT_EQ(::pipe(started), 0);
    auto const child = ::fork();
    if (child == 0) {
        auto const store = open_sqlite_store(file()).value();
        for (int i = 0;; ++i) {
            (void)store->write(
                [&](Transaction& t) { return t.users().insert(some_user(fmt::format("u{}", i))); });
            if (i == 100 && ::write(started[1], "x", 1) != 1) ::_exit(1);
        }
    }
    char ready = 0;
    ASSERT_EQ(::read(started[0], &ready, 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(started[0]);
    ::close(started[1]);

    auto const store = open_sqlite_store(file()).value();
    auto const open = connection();
    EXPECT_EQ(Query(*open, "pragma integrity_check").value<std::string>().value(), "ok");
    EXPECT_TRUE(Query(*open, "pragma foreign_key_check").values<std::string>().value().empty());
}

/// A store whose syncs are counted, and fail when told to.
class SyncedStoreTest : public SqliteStoreTest {
protected:
    void SetUp() override {
        store_ =
            open_sqlite_store(file(), {.sync_log = [this] { return ++syncs_, failure_; }}).value();
        ASSERT_TRUE(store_->write([](Transaction& t) -> Result<> {
            TRY_VOID(t.users().insert(some_user("ada")));
            return t.courses().insert(some_course("bio"));
        }));
        syncs_ = 0;
    }
    static Result<> rename(Transaction& t) { return t.settings().set("title", "Carrel"); }
    static Result<long long> number(Transaction& t) {
        return t.homes().number_of(CourseId("id-bio"), UserId("id-ada"), 7);
    }

    int syncs_ = 0;
    int failure_ = 0;
    std::unique_ptr<Store> store_;
};

TEST_F(SyncedStoreTest, WhatIsWrittenIsOnTheDisk) {
    ASSERT_TRUE(store_->write(rename));
    EXPECT_EQ(syncs_, 1);
}

TEST_F(SyncedStoreTest, WhatIsWrittenBehindIsThereAndNotWaitedFor) {
    ASSERT_TRUE(store_->write_behind(rename));
    EXPECT_EQ(syncs_, 0);
    auto const seen = store_->read([](Transaction& t) { return t.settings().get("title"); });
    EXPECT_EQ(seen.value(), "Carrel");
    // As another process sees it, for example the next one after this was killed.
    auto const other = open_sqlite_store(file()).value();
    EXPECT_EQ(other->read([](Transaction& t) { return t.settings().get("title"); }).value(),
              "Carrel");
}

TEST_F(SyncedStoreTest, ANumberThatFilesWillCarryIsOnTheDiskWhoeverWritesIt) {
    EXPECT_EQ(store_->write_behind(number).value(), 7);
    EXPECT_EQ(syncs_, 1);
    EXPECT_EQ(store_->write_behind(number).value(), 7);
    EXPECT_EQ(syncs_, 1) << "it has been there since";
    ASSERT_TRUE(store_->write_behind(rename));
    EXPECT_EQ(syncs_, 1) << "the demand was that transaction's";
}

TEST_F(SyncedStoreTest, AfterTheDiskFailedNothingIsWrittenAnyMore) {
    failure_ = EIO;
    EXPECT_FALSE(store_->write(rename));
    failure_ = 0;
    EXPECT_FALSE(store_->write_behind(rename));
    EXPECT_FALSE(store_->write(rename));
    EXPECT_EQ(syncs_, 1);
    EXPECT_TRUE(store_->read([](Transaction& t) { return t.settings().get("title"); }));
}

}  // namespace carrel
