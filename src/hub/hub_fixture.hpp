#pragma once

/// What the hub's tests stand on: a real store in a temporary folder, fakes for the rest, one
/// deployed course "bio" with the leader "lea" and the participant "ada".

#include "base/temporary_folder.hpp"
#include "homes/home_store.hpp"
#include "hub/fake_proxy_client.hpp"
#include "hub/server_lifecycle.hpp"
#include "spawn/fake_spawner.hpp"
#include "store/sqlite/sqlite_store.hpp"

#include <boost/asio/co_spawn.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

namespace carrel {

class FolderHomeStore final : public HomeStore {
public:
    std::filesystem::path folder;
    bool disk_full = false;
    std::map<std::string, long long> limits;  ///< of homes, by user name

    Result<std::filesystem::path> provide(HomeKey const& key) override {
        if (disk_full)
            return fail(Code::LimitReached, "make the home of {}: the disk is full", key.user);
        return folder / key.user;
    }
    Result<> limit(HomeKey const& key, long long bytes) override {
        limits[key.user] = bytes;
        return {};
    }
    [[nodiscard]] std::optional<std::string> unlimited_because() const override { return {}; }
    Result<long long> size(HomeKey const&) override { return 0; }
    Result<VerifiedExport> export_home(HomeKey const&, std::function<bool()> const&) override {
        return fail(Code::Internal, "not part of this test");
    }
    Result<> verify(std::filesystem::path const&, std::string const&) override { return {}; }
    Result<bool> restore(HomeKey const&, VerifiedExport const&,
                         std::function<bool()> const&) override {
        return fail(Code::Internal, "the hub restores nothing");
    }
    Result<> remove(HomeKey const&, VerifiedExport const&) override { return {}; }
    Result<std::vector<std::string>> left_of(std::string const&) override {
        return std::vector<std::string>();
    }
};

template <class SpawnerKind>
class HubFixtureWith : public testing::Test {
public:
    HubFixtureWith() {
        store_ = open_sqlite_store(folder_.path() / "carrel.sqlite").value();
        homes_.folder = folder_.path();
        lea_ = add_user("lea");
        ada_ = add_user("ada");
        course_ = add_course();
        admit(ada_);
        settings_.environments["lab"] = {.name = "lab"};
        settings_.concurrent_starts = 1;
    }
    ~HubFixtureWith() override { pool_.join(); }

protected:
    [[nodiscard]] HubDependencies dependencies() {
        return {.executor = context_.get_executor(),
                .pool = pool_,
                .store = *store_,
                .spawner = spawner_,
                .homes = homes_,
                .proxy = proxy_,
                .clock = clock_,
                .random = random_,
                .paths = paths_};
    }

    /// Runs a task to its end on the hub's own thread, which is this one.
    template <class T>
    Result<T> await(Task<T> task) {
        std::optional<Result<T>> outcome;
        asio::co_spawn(context_, std::move(task),
                       [&](std::exception_ptr exception, Result<T> result) {
                           if (exception) std::rethrow_exception(exception);
                           outcome = std::move(result);
                       });
        run_until([&] { return outcome.has_value(); });
        return *std::move(outcome);
    }

    /// Lets the hub work until something has come true, be it for a moment; fails the test when it
    /// never does.
    template <class Condition>
    void run_until(Condition condition) {
        auto const deadline = Deadline::after(Milliseconds(20'000));
        bool came_true = condition();
        while (!came_true && !deadline.passed()) {
            context_.restart();
            context_.run_for(Milliseconds(5));
            came_true = condition();
        }
        ASSERT_TRUE(came_true) << "it never came true";
    }

    User add_user(std::string const& name) {
        User const user{.id = UserId("id-" + name),
                        .name = name,
                        .display_name = name,
                        .created_at = clock_.now()};
        EXPECT_TRUE(store_->write([&](Transaction& t) { return t.users().insert(user); }));
        return user;
    }

    void admit(User const& user, ApplicationState state = ApplicationState::Accepted) {
        Application const application{
            .course = course_.id, .user = user.id, .state = state, .applied_at = clock_.now()};
        EXPECT_TRUE(store_->write([&](Transaction& t) -> Result<> {
            TRY_VOID(t.applications().remove(course_.id, user.id));
            return t.applications().insert(application);
        }));
    }

    void set_state(CourseState state) {
        course_.state = state;
        EXPECT_TRUE(store_->write([&](Transaction& t) { return t.courses().update(course_); }));
    }

    [[nodiscard]] ServerOwner server_of(User const& user) { return {course_, user, ""}; }

    [[nodiscard]] ServerRecord record_of(User const& user) {
        return store_
            ->read([&](Transaction& t) { return t.servers().find(course_.id, user.id, ""); })
            .value();
    }

    Course add_course() {
        Course course;
        course.id = CourseId("id-bio");
        course.request = {
            .slug = "bio", .name = "Biology", .starts_at = clock_.now(), .environment = "lab"};
        course.state = CourseState::Deployed;
        course.requested_by = lea_.id;
        course.leaders = {lea_.id};
        course.invitation_code = "invitation";
        EXPECT_TRUE(store_->write([&](Transaction& t) { return t.courses().insert(course); }));
        return course;
    }

    TemporaryFolder folder_;
    ManualClock clock_{Time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21))};
    SystemRandom random_;
    asio::io_context context_{1};
    BlockingPool pool_{2};
    std::unique_ptr<Store> store_;
    SpawnerKind spawner_;
    FolderHomeStore homes_;
    FakeProxyClient proxy_;
    /// Set it before what is made of `dependencies`.
    HubPaths paths_;
    HubSettings settings_;
    User lea_;
    User ada_;
    Course course_;
};

using HubFixture = HubFixtureWith<FakeSpawner>;
/// The hub of "bio" is at "/".
class RootHubFixture : public HubFixture {
public:
    RootHubFixture() { paths_ = HubPaths("bio"); }
};
using SlowHubFixture = HubFixtureWith<SlowSpawner>;

}  // namespace carrel
