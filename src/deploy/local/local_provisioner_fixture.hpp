#pragma once

/// For tests of the local provisioner: real homes that fail when they are told to, and a course
/// that a real dispatcher moves.

#include "base/temporary_folder.hpp"
#include "deploy/dispatch_support.hpp"
#include "deploy/local/local_provisioner.hpp"
#include "homes/local/local_home_store.hpp"

#include <fstream>
#include <set>

namespace carrel {

/// Homes that fail as the test wants.
class FaultyHomes final : public HomeStore {
public:
    explicit FaultyHomes(HomeStore& real) : real_(real) {}
    std::set<std::string> no_space;       ///< users whose home cannot be provided
    std::set<std::string> not_exported;   ///< users whose export fails
    std::set<std::string> never_removed;  ///< users whose removal does nothing
    std::function<void(HomeKey const&)> before_removal;
    std::function<void(HomeKey const&)> before_providing;

    Result<std::filesystem::path> provide(HomeKey const& key) override {
        if (before_providing) before_providing(key);
        if (no_space.contains(key.user))
            return fail(Code::LimitReached, "make the home of {}: the disk is full", key.user);
        return real_.provide(key);
    }
    Result<> limit(HomeKey const& key, long long bytes) override { return real_.limit(key, bytes); }
    [[nodiscard]] std::optional<std::string> unlimited_because() const override {
        return real_.unlimited_because();
    }
    Result<long long> size(HomeKey const& key) override { return real_.size(key); }
    Result<VerifiedExport> export_home(HomeKey const& key,
                                       std::function<bool()> const& stop) override {
        if (not_exported.contains(key.user))
            return fail(Code::LimitReached, "export the home of {}: the disk is full", key.user);
        return real_.export_home(key, stop);
    }
    Result<> verify(std::filesystem::path const& file, std::string const& sha256) override {
        return real_.verify(file, sha256);
    }
    Result<bool> restore(HomeKey const& key, VerifiedExport const& exported,
                         std::function<bool()> const& stop) override {
        return real_.restore(key, exported, stop);
    }
    Result<> remove(HomeKey const& key, VerifiedExport const& exported) override {
        if (before_removal) before_removal(key);
        if (never_removed.contains(key.user)) return {};
        return real_.remove(key, exported);
    }
    Result<std::vector<std::string>> left_of(std::string const& course) override {
        return real_.left_of(course);
    }

private:
    HomeStore& real_;
};

/// One course with ada, who leads it, and ben and eve, who attend; driven by a real dispatcher.
class LocalProvisionerTest : public DispatchTest {
protected:
    LocalProvisionerTest() {
        add_course("maths", clock.now());
        for (std::string const name : {"ben", "eve"})
            change([&](Transaction& t) -> Result<> {
                TRY_VOID(t.users().insert(some_user(name)));
                Application application;
                application.course = CourseId("id-maths");
                application.user = UserId("id-" + name);
                application.state = ApplicationState::Accepted;
                return t.applications().insert(application);
            });
    }
    /// Before the process: a thread of the pool may still have to do with what waited for it.
    ~LocalProvisionerTest() override { pool.join(); }

    void move(DeploymentKind kind) {
        clock.advance(Seconds(1));  // no two deployments begin in one moment
        if (state() != CourseState::Accepted) want(kind);
        ASSERT_TRUE(process->tick());
        process->run_until_idle();
    }
    void deploy() { move(DeploymentKind::Deploy); }
    void degrade() { move(DeploymentKind::Degrade); }
    std::filesystem::path home(std::string const& user) {
        return folder.path() / "homes" / "maths" / user;
    }
    void write(std::string const& user, std::string_view text) {
        std::ofstream(home(user) / "work.txt") << text;
    }
    static std::string text_of(std::filesystem::path const& path) {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::string read(std::string const& user) { return text_of(home(user) / "work.txt"); }
    Export export_of(std::string const& user) {
        return look([&](Transaction& t) {
            return t.exports().find(CourseId("id-maths"), UserId("id-" + user));
        });
    }
    void put_server(std::string const& user, ServerState server_state) {
        ServerRecord server;
        server.course = CourseId("id-maths");
        server.user = UserId("id-" + user);
        server.state = server_state;
        change([&](Transaction& t) { return t.servers().put(server); });
    }

    std::unique_ptr<LocalHomeStore> real =
        LocalHomeStore::create(
            {.homes_folder = folder.path() / "homes", .exports_folder = folder.path() / "exports"})
            .value();
    FaultyHomes homes{*real};
    BlockingPool pool{2};
    LocalProvisioner local{*store, homes, clock, pool, {.look_every = Milliseconds(1)}};
    std::unique_ptr<ControlProcess> process = start(local);
};

}  // namespace carrel
