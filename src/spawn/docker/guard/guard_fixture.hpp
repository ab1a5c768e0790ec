#pragma once

/// For tests of the guard: a platform's folder, and what its hub asks an engine for.

#include "base/temporary_folder.hpp"
#include "spawn/docker/container_spec.hpp"
#include "spawn/docker/guard/guard_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel {

namespace fs = std::filesystem;
using nlohmann::json;

/// The folder is there, with the home and the box of ada.
class GuardFixture : public testing::Test {
protected:
    GuardFixture() {
        fs::create_directories(home());
        fs::create_directories(box());
    }

    [[nodiscard]] fs::path home() const { return rules_.folder / "data/homes/bio/ada"; }
    [[nodiscard]] fs::path box() const { return rules_.folder / "run/servers/1/box"; }

    /// What DockerSpawner asks for.
    [[nodiscard]] json container() const {
        ServerSpec spec{.id = "course.ada",
                        .user = "ada",
                        .course = "bio",
                        .base_url = "/c/bio/user/ada/",
                        .secret = "the-secret",
                        .number = 200'001,
                        .home = home(),
                        .resources = {.cpu = 1.5, .memory_gib = 2, .storage_gib = 5},
                        .environment = {}};
        spec.environment.image = "lab:v1";
        spec.environment.command = {"start", "--sock={socket}"};
        return *container_body(spec,
                               {.id = "sha256:" + std::string(64, 'a'),
                                .entrypoint = {"tini"},
                                .command = {},
                                .variables = {},
                                .ports = {},
                                .volumes = {"/scratch"}},
                               {.instance = "0123",
                                .user = "10001:10001",
                                .home_volume = "carrel-0123__bio__ada",
                                .box = box(),
                                .network = "carrel-0123-bio"});
    }
    [[nodiscard]] json volume() const {
        return {{"Name", "carrel-0123__bio__ada"},
                {"Driver", "local"},
                {"DriverOpts", {{"type", "none"}, {"o", "bind"}, {"device", home().string()}}},
                {"Labels", {{instance_label, "0123"}, {course_label, "bio"}, {user_label, "ada"}}}};
    }
    static json network() {
        return {{"Name", "carrel-0123-bio"},
                {"CheckDuplicate", true},
                {"Driver", "bridge"},
                {"EnableIPv6", false},
                {"IPAM", {{"Driver", "default"}, {"Config", {{{"Subnet", "10.213.4.0/22"}}}}}},
                {"Options",
                 {{"com.docker.network.bridge.enable_icc", "false"},
                  {"com.docker.network.bridge.enable_ip_masquerade", "true"}}},
                {"Labels", {{instance_label, "0123"}, {course_label, "bio"}}}};
    }

    TemporaryFolder folder_;
    GuardRules rules_{.name = "/srv/carrel", .folder = folder_.path(), .owner = 10'001};
};

}  // namespace carrel
