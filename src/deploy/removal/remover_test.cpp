#include "deploy/removal/remover.hpp"

#include "base/temporary_folder.hpp"
#include "homes/local/local_home_store.hpp"
#include "store/participant_removal.hpp"
#include "store/store_contract.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace carrel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// ada, who has a home in two courses, and bob, who has one in one of them.
class RemoverTest : public ::testing::Test {
protected:
    RemoverTest() {
        write([&](Transaction& t) -> Result<> {
            for (auto const* const name : {"ada", "bob"})
                TRY_VOID(t.users().insert(some_user(name)));
            for (auto const* const slug : {"maths", "art"}) {
                auto course = some_course(slug, "bob");
                course.state = CourseState::Deployed;
                course.leaders = {bob};
                course.requested_by = bob;
                TRY_VOID(t.courses().insert(course));
            }
            return {};
        });
        make_home(maths, "maths", ada, "ada");
        make_home(art, "art", ada, "ada");
        make_home(maths, "maths", bob, "bob");
    }
    template <class Work>
    void write(Work work) {
        auto const done = store_->write(work);
        if (!done) throw std::runtime_error(done.error().message);
    }
    template <class Work>
    auto read(Work work) {
        return store_->read(work).value();
    }
    void make_home(CourseId const& course, std::string const& slug, UserId const& user,
                   std::string const& name) {
        long long number = 0;
        write([&](Transaction& t) -> Result<> {
            TRY(number, t.homes().number_of(course, user, 1000));
            return {};
        });
        auto const home = homes_->provide({.course = slug, .user = name, .number = number});
        ASSERT_TRUE(home) << home.error().message;
        std::ofstream(*home / "work.txt") << "the work of " << user.value();
    }
    /// As `order_removal` does, as far as it matters here.
    void order(Leftovers leftovers) {
        write([&](Transaction& t) -> Result<> {
            TRY(auto user, t.users().find(ada));
            user.removed_at = clock_.now();
            TRY_VOID(t.users().update(user));
            return t.removals().insert({.user = ada,
                                        .name = "ada",
                                        .leftovers = leftovers,
                                        .ordered_by = "root",
                                        .ordered_at = clock_.now()});
        });
    }
    void set_state(CourseId const& id, CourseState state) {
        write([&](Transaction& t) -> Result<> {
            TRY(auto course, t.courses().find(id));
            course.state = state;
            return t.courses().update(course);
        });
    }
    void put_server(ServerState state) {
        write([&](Transaction& t) {
            return t.servers().put(
                {.course = maths, .user = ada, .name = "", .state = state, .state_since = at(1)});
        });
    }
    Remover remover() {
        return Remover({*store_, *homes_, *homes_, provisioner_, clock_, pool_, 1000});
    }
    size_t pass() { return remover().pass().value(); }
    bool home_is_there(std::string const& course, std::string const& name) const {
        return std::filesystem::exists(folder_.path() / "homes" / course / name / "work.txt");
    }
    bool archive_is_there(std::string const& course, std::string const& file) const {
        return std::filesystem::exists(folder_.path() / "exports" / course / file);
    }
    Removal removal() {
        return read([&](Transaction& t) { return t.removals().find(ada); });
    }
    std::string name_now() {
        return read([&](Transaction& t) { return t.users().find(ada); }).name;
    }
    std::vector<std::string> exported_courses() {
        std::vector<std::string> courses;
        for (auto const& row : read([&](Transaction& t) { return t.exports().of_user(ada); }))
            courses.push_back(row.course.value());
        return courses;
    }

    CourseId const maths{"id-maths"};
    CourseId const art{"id-art"};
    UserId const ada{"id-ada"};
    UserId const bob{"id-bob"};
    TemporaryFolder folder_;
    std::unique_ptr<Store> store_ = open_sqlite_store(folder_.path() / "carrel.sqlite").value();
    std::unique_ptr<LocalHomeStore> homes_ =
        LocalHomeStore::create({.homes_folder = folder_.path() / "homes",
                                .exports_folder = folder_.path() / "exports"})
            .value();
    ManualClock clock_{Time(Seconds(1'000'000))};
    BlockingPool pool_{2};
    LocalProvisioner provisioner_{*store_, *homes_, clock_, pool_};
};

TEST_F(RemoverTest, KeepsEverythingAndTheName) {
    order(Leftovers::Keep);
    EXPECT_EQ(pass(), 1U);
    EXPECT_TRUE(home_is_there("maths", "ada"));
    EXPECT_TRUE(home_is_there("art", "ada"));
    EXPECT_EQ(name_now(), "ada");
    EXPECT_TRUE(removal().finished_at);
    EXPECT_EQ(pass(), 0U);
}

TEST_F(RemoverTest, ExportsEveryHomeAndFreesTheName) {
    order(Leftovers::Export);
    EXPECT_EQ(pass(), 1U);
    EXPECT_FALSE(home_is_there("maths", "ada"));
    EXPECT_FALSE(home_is_there("art", "ada"));
    EXPECT_TRUE(home_is_there("maths", "bob"));
    EXPECT_TRUE(archive_is_there("maths", "ada.zip"));
    EXPECT_TRUE(archive_is_there("art", "ada.zip"));
    EXPECT_THAT(exported_courses(), ElementsAre("id-art", "id-maths"));
    EXPECT_EQ(name_now(), "ada~id-ada");
    EXPECT_EQ(removal().name, "ada");
}

TEST_F(RemoverTest, DeletesHomesAndArchivesButNobodyElses) {
    // One of her own; and one of somebody who had the name before, and was removed with an export.
    write([&](Transaction& t) -> Result<> {
        TRY_VOID(t.exports().put({.course = maths,
                                  .user = ada,
                                  .deployment = DeploymentId(""),
                                  .file = (folder_.path() / "exports/maths/ada~2.zip").string()}));
        return t.exports().put({.course = maths,
                                .user = bob,
                                .deployment = DeploymentId(""),
                                .file = (folder_.path() / "exports/maths/ada.zip").string()});
    });
    std::filesystem::create_directories(folder_.path() / "exports/maths");
    for (auto const* const name : {"ada.zip", "ada~2.zip", "ada~3.zip", "adam.zip"})
        std::ofstream(folder_.path() / "exports/maths" / name) << "an archive";
    order(Leftovers::Delete);
    EXPECT_EQ(pass(), 1U);
    EXPECT_FALSE(home_is_there("maths", "ada"));
    EXPECT_FALSE(home_is_there("art", "ada"));
    EXPECT_TRUE(home_is_there("maths", "bob"));
    EXPECT_TRUE(archive_is_there("maths", "ada.zip"));
    EXPECT_FALSE(archive_is_there("maths", "ada~2.zip"));
    EXPECT_FALSE(archive_is_there("maths", "ada~3.zip"));
    EXPECT_TRUE(archive_is_there("maths", "adam.zip"));
    EXPECT_THAT(exported_courses(), IsEmpty());
}

TEST_F(RemoverTest, WaitsForServersThatRun) {
    put_server(ServerState::Stopping);
    order(Leftovers::Delete);
    EXPECT_EQ(pass(), 0U);
    EXPECT_TRUE(home_is_there("maths", "ada"));
    EXPECT_EQ(removal().problem, "");
    put_server(ServerState::Stopped);
    EXPECT_EQ(pass(), 1U);
    EXPECT_FALSE(home_is_there("maths", "ada"));
}

TEST_F(RemoverTest, WaitsUntilTheHubHasEndedWhatItFindsByTheName) {
    order(Leftovers::Delete);
    write([&](Transaction& t) { return announce_removal(t, maths, ada, clock_.now()); });
    EXPECT_EQ(pass(), 0U);
    EXPECT_EQ(name_now(), "ada");
    write([&](Transaction& t) -> Result<> {
        TRY(auto const items, t.outbox().due(clock_.now(), 10));
        return t.outbox().done(items.at(0).id);
    });
    EXPECT_EQ(pass(), 1U);
}

TEST_F(RemoverTest, WaitsForACourseThatIsBeingTakenDown) {
    for (auto const leftovers : {CourseState::Degrading, CourseState::Deploying}) {
        set_state(maths, leftovers);
        if (leftovers == CourseState::Degrading) order(Leftovers::Export);
        EXPECT_EQ(pass(), 0U);
        EXPECT_TRUE(home_is_there("maths", "ada"));
    }
    set_state(maths, CourseState::Deployed);
    EXPECT_EQ(pass(), 1U);
    EXPECT_FALSE(home_is_there("maths", "ada"));
}

TEST_F(RemoverTest, AProcessThatWasKilledInTheMiddleIsFollowedByOneThatGoesOn) {
    order(Leftovers::Export);
    // Exported and recorded, the home half deleted, the other one not begun.
    HomeKey const key{.course = "maths", .user = "ada", .number = 1000};
    auto const exported = homes_->export_home(key, [] { return false; });
    ASSERT_TRUE(exported);
    write([&](Transaction& t) {
        return t.exports().put({.course = maths,
                                .user = ada,
                                .deployment = DeploymentId(""),
                                .file = exported->file.string(),
                                .sha256 = exported->sha256,
                                .bytes = exported->bytes,
                                .files = exported->files,
                                .created_at = clock_.now(),
                                .verified_at = clock_.now()});
    });
    std::filesystem::rename(folder_.path() / "homes/maths/ada",
                            folder_.path() / "homes/maths/.removing.ada");
    EXPECT_EQ(pass(), 1U);
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "homes/maths/.removing.ada"));
    EXPECT_FALSE(archive_is_there("maths", "ada~2.zip"));
    auto const row = read([&](Transaction& t) { return t.exports().find(maths, ada); });
    EXPECT_EQ(row.sha256, exported->sha256);
    EXPECT_THAT(exported_courses(), ElementsAre("id-art", "id-maths"));
}

TEST_F(RemoverTest, AnEmptyHomeTakesNotThePlaceOfExportedWork) {
    write([&](Transaction& t) {
        return t.exports().put({.course = maths,
                                .user = ada,
                                .deployment = DeploymentId("d"),
                                .file = (folder_.path() / "exports/maths/work.zip").string(),
                                .files = 3});
    });
    std::filesystem::remove(folder_.path() / "homes/maths/ada/work.txt");
    order(Leftovers::Export);
    EXPECT_EQ(pass(), 1U);
    EXPECT_EQ(read([&](Transaction& t) { return t.exports().find(maths, ada); }).files, 3);
}

TEST_F(RemoverTest, WhatCannotBeDoneIsSaidAndTriedAgain) {
    order(Leftovers::Export);
    // Where the archives of the course belong there is a file.
    std::ofstream(folder_.path() / "exports/art") << "in the way";
    auto remover = this->remover();
    EXPECT_EQ(remover.pass(), 0U);
    EXPECT_NE(removal().problem, "");
    EXPECT_FALSE(removal().finished_at);
    EXPECT_TRUE(home_is_there("art", "ada"));
    std::filesystem::remove(folder_.path() / "exports/art");
    EXPECT_EQ(remover.pass(), 0U) << "not at once";
    clock_.advance(Seconds(11));
    EXPECT_EQ(remover.pass(), 1U);
    EXPECT_EQ(removal().problem, "");
    EXPECT_EQ(name_now(), "ada~id-ada");
}

TEST_F(RemoverTest, WhoeverHasTheNameNextGetsNothingOfIt) {
    order(Leftovers::Export);
    ASSERT_EQ(pass(), 1U);
    UserId const next("id-next");
    write([&](Transaction& t) -> Result<> {
        auto user = some_user("ada");
        user.id = next;
        return t.users().insert(user);
    });
    make_home(maths, "maths", next, "ada");
    std::ifstream file(folder_.path() / "homes/maths/ada/work.txt");
    std::string const text(std::istreambuf_iterator<char>(file), {});
    EXPECT_THAT(text, HasSubstr("id-next"));
    EXPECT_FALSE(store_->read([&](Transaction& t) { return t.exports().find(maths, next); }));
}

}  // namespace
}  // namespace carrel
