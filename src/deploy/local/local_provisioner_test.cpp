#include "deploy/local/local_provisioner_fixture.hpp"

#include "deploy/provisioner_contract.hpp"

#include <gmock/gmock.h>

#include <future>
#include <mutex>

namespace carrel {

namespace {

using std::chrono::hours;
using testing::HasSubstr;

TEST_F(LocalProvisionerTest, ProvidesTheHomesOfEverybodyAdmitted) {
    deploy();
    EXPECT_EQ(state(), CourseState::Deployed);
    for (auto const* const user : {"ada", "ben", "eve"})
        EXPECT_TRUE(std::filesystem::is_directory(home(user))) << user;
}

TEST_F(LocalProvisionerTest, FailsTheDeployWhenAHomeCannotBeMade) {
    homes.no_space = {"eve"};
    deploy();
    EXPECT_EQ(state(), CourseState::Failed);
    EXPECT_EQ(course().reason, "make the home of eve: the disk is full");
    homes.no_space = {};
    deploy();
    EXPECT_EQ(state(), CourseState::Deployed);
}

TEST_F(LocalProvisionerTest, ExportsEveryHomeAndDeletesThem) {
    deploy();
    write("ben", "the work of a term");
    degrade();
    EXPECT_EQ(state(), CourseState::Degraded);
    EXPECT_FALSE(std::filesystem::exists(home("ben").parent_path()));
    EXPECT_EQ(export_of("ben").files, 1);
    EXPECT_EQ(export_of("ben").deployment, deployments().front().id);
    EXPECT_TRUE(export_of("ben").verified_at);
    EXPECT_TRUE(real->verify(export_of("ben").file, export_of("ben").sha256));
    auto const told = events();
    EXPECT_EQ(std::ranges::count(told, "home_exported"), 3);
    EXPECT_EQ(told.back(), "degraded");
}

TEST_F(LocalProvisionerTest, ExportsAHomeWhoseNumberWasLostWhenTheMachineStopped) {
    deploy();
    change([](Transaction& t) { return t.users().insert(some_user("joe")); });
    ASSERT_TRUE(real->provide({.course = "maths", .user = "joe", .number = 1}));
    write("joe", "the work of a minute");
    degrade();
    EXPECT_EQ(state(), CourseState::Degraded);
    EXPECT_EQ(export_of("joe").files, 1);
}

TEST_F(LocalProvisionerTest, DeletesNothingBeforeEverythingIsExported) {
    deploy();
    write("ada", "x");
    homes.not_exported = {"eve"};
    degrade();
    EXPECT_EQ(state(), CourseState::Failed);
    EXPECT_EQ(course().reason, "export the home of eve: the disk is full");
    for (auto const* const user : {"ada", "ben", "eve"})
        EXPECT_TRUE(std::filesystem::is_directory(home(user))) << user;
    homes.not_exported = {};
    degrade();
    EXPECT_EQ(state(), CourseState::Degraded);
    auto const told = events();
    EXPECT_EQ(std::ranges::count(told, "home_exported"), 3) << "an unchanged home is told once";
}

TEST_F(LocalProvisionerTest, IsNotDoneBeforeEveryHomeIsGone) {
    deploy();
    homes.never_removed = {"ben"};
    degrade();
    EXPECT_EQ(state(), CourseState::Failed);
    EXPECT_EQ(course().reason, "delete the homes: still there: ben");
}

TEST_F(LocalProvisionerTest, KeepsTheExportsOfHomesThatAreGoneWhenItRunsAgain) {
    deploy();
    write("ada", "the first");
    write("eve", "the last");
    homes.never_removed = {"eve"};
    degrade();
    auto const before = export_of("ada");
    EXPECT_FALSE(std::filesystem::exists(home("ada")));
    homes.never_removed = {};
    degrade();
    EXPECT_EQ(state(), CourseState::Degraded);
    EXPECT_EQ(export_of("ada").file, before.file);
    EXPECT_EQ(export_of("ada").files, 1);
    EXPECT_TRUE(real->verify(before.file, before.sha256));
}

TEST_F(LocalProvisionerTest, DoesNotTrustAnEarlierExportThatIsDamaged) {
    deploy();
    write("ada", "the first");
    homes.never_removed = {"eve"};
    degrade();
    std::ofstream(export_of("ada").file, std::ios::app) << "x";
    homes.never_removed = {};
    degrade();
    EXPECT_EQ(state(), CourseState::Failed);
    EXPECT_THAT(course().reason, HasSubstr("keep the export of the home of ada"));
    EXPECT_TRUE(std::filesystem::exists(home("eve")));
}

TEST_F(LocalProvisionerTest, RestoresWhatAnUnfinishedDegradeDeletedWhenItIsRedeployed) {
    deploy();
    write("ada", "the work of a term");
    write("eve", "other work");
    homes.never_removed = {"eve"};
    degrade();
    auto const first = export_of("ada");
    ASSERT_FALSE(std::filesystem::exists(home("ada")));
    deploy();
    EXPECT_EQ(state(), CourseState::Deployed);
    EXPECT_EQ(read("ada"), "the work of a term");
    std::ofstream(home("ada") / "more.txt") << "since then";
    homes.never_removed = {};
    degrade();
    EXPECT_EQ(state(), CourseState::Degraded);
    EXPECT_EQ(export_of("ada").files, 2) << "the second export is of the whole home";
    EXPECT_NE(export_of("ada").file, first.file);
    EXPECT_TRUE(real->verify(export_of("ada").file, export_of("ada").sha256));
    EXPECT_TRUE(real->verify(first.file, first.sha256)) << "the first one is kept";
    EXPECT_EQ(export_of("eve").files, 1);
}

TEST_F(LocalProvisionerTest, RestoresTheHomesOfThoseWhoLeftToo) {
    deploy();
    write("ben", "the work of a term");
    homes.never_removed = {"eve"};
    degrade();
    change([](Transaction& t) {
        return t.applications().remove(CourseId("id-maths"), UserId("id-ben"));
    });
    deploy();
    EXPECT_EQ(read("ben"), "the work of a term");
    homes.never_removed = {};
    degrade();
    EXPECT_EQ(state(), CourseState::Degraded);
    EXPECT_EQ(export_of("ben").files, 1);
}

TEST_F(LocalProvisionerTest, FailsTheDeployWhenAHomeCannotBeRestored) {
    deploy();
    write("ada", "the work of a term");
    homes.never_removed = {"eve"};
    degrade();
    auto const archive = export_of("ada").file;
    auto const size = std::filesystem::file_size(archive);
    std::ofstream(archive, std::ios::app) << "x";
    deploy();
    EXPECT_EQ(state(), CourseState::Failed);
    EXPECT_THAT(course().reason, HasSubstr("restore the home of ada in maths: the export "));
    EXPECT_THAT(course().reason, HasSubstr("is damaged"));
    EXPECT_FALSE(std::filesystem::exists(home("ada"))) << "nobody begins anew beside their work";
    std::filesystem::resize_file(archive, size);
    deploy();
    EXPECT_EQ(state(), CourseState::Deployed);
    EXPECT_EQ(read("ada"), "the work of a term");
}

TEST_F(LocalProvisionerTest, AnEmptyHomeDoesNotReplaceAnExport) {
    deploy();
    write("ada", "the work of a term");
    homes.never_removed = {"eve"};
    degrade();
    deploy();
    std::filesystem::remove(home("ada") / "work.txt");
    homes.never_removed = {};
    degrade();
    EXPECT_EQ(state(), CourseState::Degraded);
    EXPECT_EQ(export_of("ada").files, 1);
    EXPECT_TRUE(real->verify(export_of("ada").file, export_of("ada").sha256));
}

TEST_F(LocalProvisionerTest, ADegradeThatWasGivenUpDeletesNoHomeOfTheNextDeployment) {
    deploy();
    write("ada", "the work of a term");
    std::promise<void> removing;
    std::promise<void> provided;
    std::once_flag once;
    homes.before_removal = [&](HomeKey const& key) {
        if (key.user != "ada") return;
        removing.set_value();
        // Bounded: the next deployment rightly waits for us.
        provided.get_future().wait_for(Milliseconds(300));
    };
    homes.before_providing = [&](HomeKey const& key) {
        if (key.user == "ada") std::call_once(once, [&] { provided.set_value(); });
    };
    want(DeploymentKind::Degrade);
    ASSERT_TRUE(process->tick());
    auto reached = removing.get_future();
    while (reached.wait_for(Seconds(0)) != std::future_status::ready)
        process->context.run_one_for(Milliseconds(10));
    clock.advance(hours(2));
    ASSERT_TRUE(process->tick());
    ASSERT_EQ(state(), CourseState::Failed);
    deploy();
    EXPECT_EQ(state(), CourseState::Deployed);
    EXPECT_EQ(read("ada"), "the work of a term");
}

TEST_F(LocalProvisionerTest, WaitsUntilTheHubHasStoppedEveryServer) {
    deploy();
    put_server("ben", ServerState::Running);
    put_server("eve", ServerState::Failed);
    want(DeploymentKind::Degrade);
    ASSERT_TRUE(process->tick());
    for (int i = 0; i < 50; ++i) process->context.run_one();
    EXPECT_EQ(state(), CourseState::Degrading);
    EXPECT_TRUE(std::filesystem::exists(home("ben")));
    put_server("ben", ServerState::Stopped);
    process->run_until_idle();
    EXPECT_EQ(state(), CourseState::Degraded);
}

TEST_F(LocalProvisionerTest, NamesThoseWhoseServersDoNotStop) {
    deploy();
    put_server("ben", ServerState::Stopping);
    put_server("eve", ServerState::Running);
    want(DeploymentKind::Degrade);
    ASSERT_TRUE(process->tick());
    clock.advance(Seconds(300));
    process->run_until_idle();
    EXPECT_EQ(state(), CourseState::Failed);
    EXPECT_EQ(course().reason, "wait for the servers to stop: still running: ben, eve");
}

TEST_F(LocalProvisionerTest, StopsBeforeDeletingWhenItWasTakenOver) {
    deploy();
    put_server("ben", ServerState::Running);
    want(DeploymentKind::Degrade);
    ASSERT_TRUE(process->tick());
    clock.advance(Seconds(31));
    SlowProvisioner slow;
    auto const other = start(slow);
    ASSERT_TRUE(other->tick());
    put_server("ben", ServerState::Stopped);
    process->run_until_idle();
    EXPECT_EQ(state(), CourseState::Degrading);
    EXPECT_TRUE(std::filesystem::exists(home("ben")));
}

/// For the contract: a store whose course waits for the deployment.
ReadyProvisioner make_local() {
    struct Surroundings {
        TemporaryFolder folder;
        std::unique_ptr<Store> store = open_sqlite_store(folder.path() / "s.sqlite").value();
        std::unique_ptr<LocalHomeStore> homes =
            LocalHomeStore::create(
                {.homes_folder = folder.path() / "h", .exports_folder = folder.path() / "e"})
                .value();
        SystemClock clock;
        BlockingPool pool{2};
        LocalProvisioner provisioner{*store, *homes, clock, pool};
        ~Surroundings() { pool.join(); }
    };
    auto const all = std::make_shared<Surroundings>();
    auto const added = all->store->write([](Transaction& t) -> Result<> {
        TRY_VOID(t.users().insert(some_user("ada")));
        return t.courses().insert(some_course("maths"));
    });
    EXPECT_TRUE(added);
    auto const expect = [store = all->store.get()](Deployment const& deployment) {
        auto const done = store->write([&](Transaction& t) -> Result<> {
            TRY(auto course, t.courses().find(deployment.course));
            course.deployment = deployment.id;
            course.state = deployment.kind == DeploymentKind::Deploy ? CourseState::Deploying
                                                                     : CourseState::Degrading;
            return t.courses().update(course);
        });
        EXPECT_TRUE(done);
    };
    return {all, &all->provisioner, some_course("maths"), expect};
}

ReadyProvisioner make_fake() {
    auto const fake = std::make_shared<FakeProvisioner>();
    return {fake, fake.get(), some_course("maths"), [](Deployment const&) {}};
}

INSTANTIATE_TEST_SUITE_P(Local, ProvisionerContract, testing::Values(make_local));
INSTANTIATE_TEST_SUITE_P(Fake, ProvisionerContract, testing::Values(make_fake));

}  // namespace

}  // namespace carrel
