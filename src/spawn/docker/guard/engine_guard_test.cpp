#include "spawn/docker/guard/engine_guard.hpp"

#include "http/test_server.hpp"
#include "spawn/docker/guard/guard_fixture.hpp"

#include <mutex>
#include <set>

namespace carrel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Has a container, a network and a volume of the guard's, and as much of somebody else's. It does
/// whatever it is told, and keeps what that was.
class ObedientEngine {
public:
    explicit ObedientEngine(std::filesystem::path home) : home_(std::move(home)) {}

    asio::awaitable<http::Response> respond(http::Request& request) {
        std::scoped_lock const lock(mutex_);
        auto const path = request.path.substr(engine_api.size());
        if (request.method != "GET") done_.push_back(request.method + " " + path);
        if (request.method == "DELETE") gone_.insert(path);
        login_ = request.headers.find(registry_login_field).value_or("");
        if (request.method == "POST") co_return http::Response::json({{"Id", "made"}}, 201);
        if (request.method == "DELETE") co_return http::Response::empty();
        auto const known = answers();
        auto const found = known.find(path);
        if (found == known.end())
            co_return http::Response::json({{"message", "No such thing"}}, 404);
        co_return http::Response::json(found->second);
    }

    std::vector<std::string> done() {
        std::scoped_lock const lock(mutex_);
        return done_;
    }
    /// What the last call said for a registry.
    std::string login() {
        std::scoped_lock const lock(mutex_);
        return login_;
    }
    void networks_are_made_as(std::string id) {
        std::scoped_lock const lock(mutex_);
        new_network_ = std::move(id);
    }

private:
    static json labels(bool ours) {
        return {{guard_label, ours ? "/srv/carrel" : "/srv/other"}, {instance_label, "0123"}};
    }
    static json network(std::string const& id, std::string const& name, bool ours) {
        return {{"Id", id},
                {"Name", name},
                {"IPAM", {{"Config", {{{"Subnet", "10.213.0.0/22"}}}}}},
                {"Labels", labels(ours)}};
    }
    static json container(std::string const& id, bool ours) {
        return {
            {"Id", id}, {"State", {{"Status", "running"}}}, {"Config", {{"Labels", labels(ours)}}}};
    }
    [[nodiscard]] json volume(std::string const& name, bool ours) const {
        return {{"Name", name}, {"Options", {{"device", home_}}}, {"Labels", labels(ours)}};
    }
    [[nodiscard]] std::map<std::string, json> answers() const {
        auto networks = json::array({network("n-ours", "carrel-0123-bio", true),
                                     network("n-theirs", "carrel-theirs", false)});
        if (!new_network_.empty())
            networks.push_back(network(new_network_, "carrel-0123-new", true));
        auto of_another_hub = labels(true);
        of_another_hub[instance_label] = "4567";
        std::map<std::string, json> all{
            {"/networks", networks},
            {"/containers/ours/json", container("ours", true)},
            {"/containers/theirs/json", container("theirs", false)},
            {"/containers/json",
             {{{"Id", "ours"}, {"State", "running"}, {"Labels", labels(true)}},
              {{"Id", "another"}, {"State", "running"}, {"Labels", of_another_hub}}}},
            {"/volumes/carrel-0123__bio__ada", volume("carrel-0123__bio__ada", true)},
            {"/volumes/carrel-theirs", volume("carrel-theirs", false)}};
        for (auto const& path : gone_) all.erase(path + "/json");
        return all;
    }

    std::mutex mutex_;
    std::filesystem::path home_;
    std::vector<std::string> done_;
    std::set<std::string> gone_;
    std::string new_network_;
    std::string login_;
};

/// A hub that has an engine only by way of the guard.
class EngineGuardTest : public GuardFixture {
protected:
    [[nodiscard]] static Deadline soon() { return Deadline::after(Seconds(60)); }
    static std::string const& name() {
        static std::string const name = "carrel-0123456789ab-0123456789abcdef";
        return name;
    }
    std::string refusal_to_create(json const& body, std::string const& called = name()) {
        auto const made = hub_.create(called, body, soon());
        return made ? "it is made" : made.error().message;
    }

    BlockingPool pool_{2};
    ObedientEngine obedient_{home()};
    http::TestServer engine_{[this](http::Request& request) { return obedient_.respond(request); }};
    EngineGuard guard_{Engine(engine_.client, engine_.socket().string()), rules_, "", pool_};
    http::TestServer door_{[this](http::Request& request) { return guard_.respond(request); }};
    Engine hub_{door_.client, door_.socket().string()};
};

TEST_F(EngineGuardTest, OthersContainersAreNotThere) {
    EXPECT_EQ(hub_.inspect("theirs", soon()).error().code, Code::NotFound);
    EXPECT_FALSE(hub_.start("theirs", soon()));
    EXPECT_TRUE(hub_.signal("theirs", "SIGKILL", soon()));
    EXPECT_TRUE(hub_.remove("theirs", soon()));
    EXPECT_FALSE(hub_.log("theirs", 10, soon()));
    EXPECT_THAT(obedient_.done(), IsEmpty());

    EXPECT_EQ(hub_.inspect("ours", soon())->status, "running");
    EXPECT_TRUE(hub_.start("ours", soon()));
    EXPECT_TRUE(hub_.signal("ours", "SIGTERM", soon()));
    EXPECT_TRUE(hub_.remove("ours", soon()));
    EXPECT_THAT(obedient_.done(),
                ElementsAre("POST /containers/ours/start", "POST /containers/ours/kill",
                            "DELETE /containers/ours"));
}

TEST_F(EngineGuardTest, ContainersAreListedByOneLabel) {
    EXPECT_THAT(hub_.containers(fmt::format("{}=0123", instance_label), soon()).value(), SizeIs(1));
    EXPECT_THAT(hub_.containers("com.docker.compose.project=x", soon()).value(), IsEmpty());
    EXPECT_EQ(hub_.containers(instance_label, soon()).error().code, Code::InvalidArgument);
}

TEST_F(EngineGuardTest, ALogInForARegistryGoesAlongAndNowhereElse) {
    ImageReference const image{.repository = "quay.io/lab", .tag = "v1", .digest = {}};
    auto const pull = [&](std::string const& login) {
        return hub_.pull(image, login, [](std::string_view) {}, [] { return false; }, soon());
    };
    ASSERT_TRUE(pull("bG9naW4="));
    EXPECT_EQ(obedient_.login(), "bG9naW4=");
    ASSERT_TRUE(pull(""));
    EXPECT_EQ(obedient_.login(), "");
    EXPECT_FALSE(pull(std::string(8193, 'A')));
    EXPECT_THAT(obedient_.done(), SizeIs(2));
    auto const start = door_.fetch({.method = "POST",
                                    .url = "/v1.41/containers/ours/start",
                                    .headers = {{registry_login_field, "bG9naW4="}}});
    ASSERT_TRUE(start);
    EXPECT_EQ(obedient_.login(), "");
}

TEST_F(EngineGuardTest, OfOthersNetworksOnlyTheAddressesAreTold) {
    auto const networks = hub_.networks(soon()).value();
    ASSERT_THAT(networks, SizeIs(2));
    EXPECT_EQ(networks[0].name, "carrel-0123-bio");
    EXPECT_EQ(networks[1].id + networks[1].name, "");
    EXPECT_THAT(networks[1].labels, IsEmpty());
    EXPECT_THAT(networks[1].subnets, ElementsAre("10.213.0.0/22"));
    for (auto const* const theirs : {"n-theirs", "carrel-theirs"})
        EXPECT_TRUE(hub_.remove_network(theirs, soon()));
    EXPECT_THAT(obedient_.done(), IsEmpty());
    EXPECT_TRUE(hub_.remove_network("n-ours", soon()));
    EXPECT_THAT(obedient_.done(), ElementsAre("DELETE /networks/n-ours"));
}

TEST_F(EngineGuardTest, OthersVolumesAreNotThere) {
    EXPECT_EQ(hub_.volume("carrel-theirs", soon()).error().code, Code::NotFound);
    EXPECT_TRUE(hub_.remove_volume("carrel-theirs", soon()));
    EXPECT_THAT(obedient_.done(), IsEmpty());
    EXPECT_EQ(hub_.volume("carrel-0123__bio__ada", soon())->device, home());
}

TEST_F(EngineGuardTest, AContainerGetsNothingOfOthers) {
    EXPECT_EQ(refusal_to_create(container()), "it is made");
    EXPECT_THAT(obedient_.done(), ElementsAre("POST /containers/create"));
    for (auto const* const called : {"", "carrel", "database", "carrel-0123456789ab-0123"})
        EXPECT_THAT(refusal_to_create(container(), called), HasSubstr("no name of a container"));
    auto body = container();
    body["HostConfig"]["NetworkMode"] = "carrel-theirs";
    EXPECT_THAT(refusal_to_create(body), HasSubstr("No such network"));
    body = container();
    body["HostConfig"]["Mounts"][0]["Source"] = "carrel-theirs";
    EXPECT_THAT(refusal_to_create(body), HasSubstr("No such volume"));
    EXPECT_THAT(obedient_.done(), SizeIs(1));
}

TEST_F(EngineGuardTest, AVolumeThatHasBecomeALinkIsNotShared) {
    fs::remove(home());
    fs::create_symlink("/etc", home());
    EXPECT_THAT(refusal_to_create(container()), HasSubstr("symbolic link"));
    EXPECT_THAT(obedient_.done(), IsEmpty());
}

TEST_F(EngineGuardTest, OnlySignalsThatEndAServerAreSent) {
    EXPECT_FALSE(hub_.signal("ours", "SIGSTOP", soon()));
    EXPECT_EQ(hub_.log("ours", 1'000'000'000, soon()).error().code, Code::InvalidArgument);
    EXPECT_THAT(obedient_.done(), IsEmpty());
}

TEST_F(EngineGuardTest, ANetworkOfAnotherMachineIsTakenBack) {
    obedient_.networks_are_made_as("0123456789abcdef");
    auto body = network();
    body["Name"] = "carrel-0123-new";
    auto const made = hub_.create_network(body, soon());
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message, HasSubstr("not this machine's"));
    EXPECT_THAT(obedient_.done(),
                ElementsAre("POST /networks/create", "DELETE /networks/0123456789abcdef"));
}

TEST_F(EngineGuardTest, WhereTheMachineCannotBeClosedThereIsNoNetwork) {
    EngineGuard open(Engine(engine_.client, engine_.socket().string()), rules_, "no iptables",
                     pool_);
    http::TestServer door([&](http::Request& request) { return open.respond(request); });
    Engine const hub(door.client, door.socket().string());
    EXPECT_THAT(hub.create_network(network(), soon()).error().message, HasSubstr("no iptables"));
    EXPECT_THAT(obedient_.done(), IsEmpty());
}

TEST_F(EngineGuardTest, WhatItDoesNotKnowItDoesNotPassOn) {
    for (auto const* const path : {"/v1.41/containers/ours/exec", "/v1.41/build", "/v1.41/auth",
                                   "/v1.41/containers/ours/update", "/v1.41/volumes/prune"}) {
        auto const answer = door_.fetch({.method = "POST", .url = path, .body = "{}"});
        ASSERT_TRUE(answer) << path;
        EXPECT_EQ(answer->status / 100, 4U) << path;
    }
    EXPECT_THAT(obedient_.done(), IsEmpty());
}

using GuardProcessTest = GuardFixture;

TEST_F(GuardProcessTest, GivesAwayNoFolderThatALinkLeadsTo) {
    auto const platform = folder_.path() / "platform";
    fs::create_directory(platform);
    fs::create_symlink(home(), platform / "data");
    EngineGuardOptions options{.folder = platform, .owner = 10'001};
    auto const begun = run_engine_guard(options);
    ASSERT_FALSE(begun);
    EXPECT_THAT(begun.error().message, HasSubstr((platform / "data").string()));
    options.owner = 0;
    EXPECT_THAT(run_engine_guard(options).error().message, HasSubstr("must not be root"));
    options = {.folder = "platform", .owner = 10'001};
    EXPECT_THAT(run_engine_guard(options).error().message, HasSubstr("absolute"));
}

}  // namespace
}  // namespace carrel
