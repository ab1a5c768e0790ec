#include "spawn/docker/guard/guard_rules.hpp"

#include "spawn/docker/guard/guard_fixture.hpp"

namespace carrel {
namespace {

using testing::HasSubstr;

class GuardRulesTest : public GuardFixture {
protected:
    /// Why a container is refused that has this `value` at this place.
    [[nodiscard]] std::string refusal(std::string const& place, json value) const {
        auto body = container();
        body[json::json_pointer(place)] = std::move(value);
        auto const allowed = guarded_container(body, rules_);
        return allowed ? "it is allowed" : allowed.error().message;
    }
};

TEST_F(GuardRulesTest, PassesWhatTheSpawnerAsksForAndLabelsIt) {
    auto const allowed = guarded_container(container(), rules_);
    ASSERT_TRUE(allowed) << allowed.error().message;
    auto expected = container();
    expected["Labels"][guard_label] = "/srv/carrel";
    EXPECT_EQ(*allowed, expected);
    EXPECT_EQ(guarded_volume(volume(), rules_)->at("Labels").at(guard_label), "/srv/carrel");
    EXPECT_EQ(guarded_network(network(), rules_)->at("Labels").at(guard_label), "/srv/carrel");
}

TEST_F(GuardRulesTest, RefusesWhateverMakesAContainerMoreThanAServer) {
    for (auto const& [place, value] : std::vector<std::pair<std::string, json>>{
             {"/HostConfig/Privileged", true},
             {"/HostConfig/CapAdd", {"SYS_ADMIN"}},
             {"/HostConfig/CapDrop", json::array()},
             {"/HostConfig/SecurityOpt", {"seccomp=unconfined"}},
             {"/HostConfig/Devices", {{{"PathOnHost", "/dev/sda"}}}},
             {"/HostConfig/DeviceCgroupRules", {"a *:* rwm"}},
             {"/HostConfig/PidMode", "host"},
             {"/HostConfig/IpcMode", "host"},
             {"/HostConfig/UTSMode", "host"},
             {"/HostConfig/UsernsMode", "host"},
             {"/HostConfig/CgroupnsMode", "host"},
             {"/HostConfig/CgroupParent", "/"},
             {"/HostConfig/NetworkMode", "host"},
             {"/HostConfig/NetworkMode", "container:carrel"},
             {"/HostConfig/NetworkMode", "bridge"},
             {"/HostConfig/NetworkMode", "carrel-0123:bio"},
             {"/HostConfig/Binds", {"/:/host"}},
             {"/HostConfig/VolumesFrom", {"other"}},
             {"/HostConfig/Runtime", "other"},
             {"/HostConfig/Sysctls", {{"kernel.shm_rmid_forced", "1"}}},
             {"/HostConfig/PortBindings", {{"22/tcp", {{{"HostPort", "22"}}}}}},
             {"/HostConfig/RestartPolicy/Name", "always"},
             {"/HostConfig/Memory", -1},
             {"/HostConfig/PidsLimit", 0},
             {"/HostConfig/OomKillDisable", true},
             {"/HostConfig/Tmpfs/~1etc", "rw"},
             {"/User", "0:0"},
             {"/Volumes", {{"/x", json::object()}}},
             {"/Image", "debian"},
             {"/NetworkingConfig", {{"EndpointsConfig", json::object()}}},
             {"/Labels/com.docker.compose.project", "carrel"},
             {"/SomethingNew", true},
         })
        EXPECT_THAT(refusal(place, value), HasSubstr("guard refuses")) << place << " " << value;
}

TEST_F(GuardRulesTest, RefusesFilesWithoutEnd) {
    auto body = container();
    auto& largest = body["HostConfig"]["Ulimits"][1];
    largest["Soft"] = largest["Hard"] = -1;
    EXPECT_THAT(guarded_container(body, rules_).error().message, HasSubstr("without end"));
}

TEST_F(GuardRulesTest, SharesOnlyFoldersOfThePlatform) {
    auto const source = [&](std::string const& path) {
        return refusal("/HostConfig/Mounts/1/Source", path);
    };
    EXPECT_THAT(source("/"), HasSubstr("is not below"));
    EXPECT_THAT(source("/etc"), HasSubstr("is not below"));
    EXPECT_THAT(source("/var/run/docker.sock"), HasSubstr("is not below"));
    EXPECT_THAT(source(rules_.folder.string()), HasSubstr("is not below"));
    EXPECT_THAT(source(rules_.folder.string() + "/data/../../etc"), HasSubstr("is not below"));
    EXPECT_THAT(source(rules_.folder.string() + "-other/x"), HasSubstr("is not below"));
    EXPECT_THAT(source((rules_.folder / "data/nothing").string()), HasSubstr("is not there"));
    fs::create_symlink("/etc", rules_.folder / "data/link");
    EXPECT_THAT(source((rules_.folder / "data/link").string()), HasSubstr("symbolic link"));
    EXPECT_THAT(source((rules_.folder / "data/link/ssl").string()), HasSubstr("symbolic link"));
    EXPECT_EQ(source(home().string()), "it is allowed");
    EXPECT_THAT(refusal("/HostConfig/Mounts/1/BindOptions", {{"Propagation", "shared"}}),
                HasSubstr("guard refuses"));
    EXPECT_THAT(refusal("/HostConfig/Mounts/0/Source", "somebody-elses"),
                HasSubstr("somebody-elses"));
    EXPECT_THAT(refusal("/HostConfig/Mounts/0/VolumeOptions/DriverConfig", {{"Name", "local"}}),
                HasSubstr("guard refuses"));
}

TEST_F(GuardRulesTest, MakesVolumesOnlyOverSuchFolders) {
    auto body = volume();
    body["DriverOpts"]["device"] = "/etc";
    EXPECT_FALSE(guarded_volume(body, rules_));
    body = volume();
    body["DriverOpts"]["type"] = "nfs";
    EXPECT_FALSE(guarded_volume(body, rules_));
    body = volume();
    body["Driver"] = "other";
    EXPECT_FALSE(guarded_volume(body, rules_));
    body = volume();
    body["Name"] = "somebody-elses";
    EXPECT_FALSE(guarded_volume(body, rules_));
}

TEST_F(GuardRulesTest, MakesOnlyNetworksWithinItsRangeThatKeepContainersApart) {
    auto body = network();
    body["Options"]["com.docker.network.bridge.enable_icc"] = "true";
    EXPECT_FALSE(guarded_network(body, rules_));
    body = network();
    body["Driver"] = "host";
    EXPECT_FALSE(guarded_network(body, rules_));
    body = network();
    body["Options"]["com.docker.network.bridge.name"] = "docker0";
    EXPECT_FALSE(guarded_network(body, rules_));
    body = network();
    body["Name"] = "somebody-elses";
    EXPECT_FALSE(guarded_network(body, rules_));
    for (auto const* const elsewhere : {"10.0.0.0/22", "10.214.0.0/22", "10.0.0.0/8"}) {
        body = network();
        body["IPAM"]["Config"][0]["Subnet"] = elsewhere;
        EXPECT_FALSE(guarded_network(body, rules_)) << elsewhere;
    }
    EXPECT_FALSE(guarded_network(json::object(), rules_));
}

}  // namespace
}  // namespace carrel
