#include "spawn/docker/container_spec.hpp"

#include "spawn/docker/docker_state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace carrel {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::Each;
using testing::Not;
using testing::StartsWith;
using Words = std::vector<std::string>;

ServerSpec ada() {
    ServerSpec spec{.id = "course.ada",
                    .user = "ada@example.org",
                    .course = "bio",
                    .base_url = "/c/bio/user/ada/",
                    .secret = "the-secret",
                    .number = 200'001,
                    .home = "/data/homes/bio/ada",
                    .resources = {.cpu = 1.5, .memory_gib = 2, .storage_gib = 5},
                    .environment = {}};
    spec.environment.name = "lab";
    spec.environment.image = "lab:v1";
    spec.environment.command = {"start", "--sock={socket}", "--base={base_url}"};
    return spec;
}

EngineImage const image{.id = "sha256:abc",
                        .entrypoint = {"/usr/bin/tini", "--"},
                        .command = {"its-own"},
                        .variables = {"PATH=/opt/conda/bin:/usr/bin", "LANG=de_DE.UTF-8"},
                        .ports = {8888}};

ContainerPlace const place{.instance = "0123",
                           .user = "200001:200001",
                           .home_volume = "carrel-0123__bio__ada",
                           .box = "/run/carrel/x/servers/y/box"};

TEST(ContainerSpec, RunsTheCommandBehindTheImagesEntrypoint) {
    auto const body = *container_body(ada(), image, place);
    EXPECT_EQ(body["Entrypoint"].get<Words>(),
              (Words{"/usr/bin/tini", "--", "start", "--sock=/run/server/server.sock",
                     "--base=/c/bio/user/ada/"}));
    EXPECT_EQ(body["Image"], "sha256:abc");
    auto without = ada();
    without.environment.command.clear();
    EXPECT_EQ((*container_body(without, image, place))["Entrypoint"].get<Words>(),
              (Words{"/run/carrel-bridge", "bridge", "-", "/run/server/server.sock@8888",
                     "/usr/bin/tini", "--", "its-own"}));
}

TEST(ContainerSpec, PutsABridgeBeforeWhatKnowsOnlyPorts) {
    auto spec = ada();
    auto const begin = [&](EngineImage const& of) {
        auto const body = container_body(spec, of, place);
        return body ? (*body)["Entrypoint"].get<Words>()[3] : body.error().message;
    };
    spec.environment.command = {"serve", "--port={port}"};
    EXPECT_EQ(begin(image), "/run/server/server.sock");
    spec.environment.command = {"serve"};
    EXPECT_EQ(begin(image), "/run/server/server.sock@8888") << "as the image says";
    auto unclear = image;
    unclear.ports = {80, 443};
    EXPECT_THAT(begin(unclear), testing::HasSubstr("where its program listens"));
    unclear.ports = {};
    EXPECT_THAT(begin(unclear), testing::HasSubstr("where its program listens"));
    spec.environment.kind = EnvironmentKind::JupyterHub;
    auto const body = container_body(spec, image, place);
    ASSERT_TRUE(body);
    EXPECT_EQ((*body)["Entrypoint"][2], "/run/hub/api.sock");
    EXPECT_EQ((*body)["HostConfig"]["Mounts"].size(), 4U);
}

TEST(ContainerSpec, LeavesToTheImageWhatItKnowsBest) {
    auto const variables = (*container_body(ada(), image, place))["Env"].get<Words>();
    EXPECT_THAT(variables, Each(Not(StartsWith("PATH="))));
    EXPECT_THAT(variables, Each(Not(StartsWith("LANG="))));
    EXPECT_THAT(variables, Each(Not(StartsWith("SHELL="))));
    EXPECT_THAT(variables, Contains("JUPYTER_TOKEN=the-secret"));
    EXPECT_THAT(variables, Contains("HOME=/home/ada_example.org"));
}

TEST(ContainerSpec, LetsAContainerDoNothingToOthers) {
    auto const body = *container_body(ada(), image, place);
    auto const& host = body["HostConfig"];
    EXPECT_EQ(body["User"], "200001:200001");
    EXPECT_EQ(host["CapDrop"], json::array({"ALL"}));
    EXPECT_FALSE(host.contains("CapAdd"));
    EXPECT_EQ(host["SecurityOpt"], json::array({"no-new-privileges"}));
    EXPECT_EQ(host["Privileged"], false);
    EXPECT_EQ(host["ReadonlyRootfs"], true);
    EXPECT_EQ(host["IpcMode"], "private");
    EXPECT_EQ(host["NetworkMode"], "none");
    EXPECT_FALSE(host.contains("PortBindings"));
    EXPECT_EQ(host["Mounts"].size(), 2U);
}

TEST(ContainerSpec, ShowsFoldersThatEverybodyMayRead) {
    auto spec = ada();
    spec.environment.read_only = {"/srv/data"};
    auto const mounts = (*container_body(spec, image, place))["HostConfig"]["Mounts"];
    EXPECT_EQ(mounts.back(), (json{{"Type", "bind"},
                                   {"Source", "/srv/data"},
                                   {"Target", "/srv/data"},
                                   {"ReadOnly", true}}));
}

TEST(ContainerSpec, LetsOnlyThoseWriteInACourseFolderWhoMay) {
    auto spec = ada();
    spec.course_folders = {{.name = "materials", .from = "/data/m", .writable = false},
                           {.name = "shared", .from = "/data/s", .writable = true}};
    auto const mounts = (*container_body(spec, image, place))["HostConfig"]["Mounts"];
    EXPECT_THAT(mounts, Contains(json{{"Type", "bind"},
                                      {"Source", "/data/m"},
                                      {"Target", "/srv/course/materials"},
                                      {"ReadOnly", true}}));
    EXPECT_THAT(
        mounts,
        Contains(json{{"Type", "bind"}, {"Source", "/data/s"}, {"Target", "/srv/course/shared"}}));
}

TEST(ContainerSpec, LimitsWhatItUses) {
    auto const host = (*container_body(ada(), image, place))["HostConfig"];
    EXPECT_EQ(host["Memory"], 2LL * 1024 * 1024 * 1024);
    EXPECT_EQ(host["MemorySwap"], host["Memory"]) << "no swap beside it";
    EXPECT_EQ(host["NanoCpus"], 1'500'000'000);
    EXPECT_EQ(host["PidsLimit"], 512);
    EXPECT_EQ(host["Ulimits"][1], (json{{"Name", "fsize"},
                                        {"Soft", 5LL * 1024 * 1024 * 1024},
                                        {"Hard", 5LL * 1024 * 1024 * 1024}}));
}

TEST(ContainerSpec, GivesAnImagesOwnVolumesRoomInMemoryAlone) {
    auto greedy = image;
    greedy.volumes = {"/data", "/home/ada_example.org", "/run/server/", "/tmp", "/"};
    auto host = (*container_body(ada(), greedy, place))["HostConfig"];
    auto const room = container_room(2LL * 1024 * 1024 * 1024);
    EXPECT_EQ(host["Tmpfs"], (json{{"/tmp", room}, {"/var/tmp", room}, {"/data", room}}));
    auto spec = ada();
    spec.environment.writable_root = true;
    host = (*container_body(spec, greedy, place))["HostConfig"];
    EXPECT_EQ(host["Tmpfs"].size(), 2U) << "there the size is not limited anyway";
}

TEST(ContainerSpec, LetsAnImageThatNeedsItChangeItsSystem) {
    auto spec = ada();
    spec.environment.writable_root = true;
    EXPECT_EQ((*container_body(spec, image, place))["HostConfig"]["ReadonlyRootfs"], false);
}

TEST(DockerState, SurvivesBeingWrittenDown) {
    DockerState const state{.container = "abc",
                            .id = "course.ada",
                            .user = "ada",
                            .memory_gib = 2,
                            .folder = "/run/x",
                            .log = "/data/x.log"};
    auto const back = parse_docker_state(to_text(state));
    ASSERT_TRUE(back);
    EXPECT_EQ(to_text(*back), to_text(state));
    EXPECT_TRUE(is_docker_state(to_text(state)));
    for (auto const* text : {"", "{}", "docker:", "docker:{}", R"({"pid":7})"})
        EXPECT_FALSE(parse_docker_state(text)) << text;
}

TEST(ContainerLog, IsReadWithoutItsHeads) {
    std::string stream("\x01\0\0\0\0\0\0\x03one\x02\0\0\0\0\0\0\x04two\n", 23);
    EXPECT_EQ(joined_log(stream), "onetwo\n");
    EXPECT_EQ(joined_log(stream.substr(0, 21)), "onetw") << "cut off in the middle";
    EXPECT_EQ(joined_log("short"), "");
}

}  // namespace
}  // namespace carrel
