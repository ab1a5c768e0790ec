#include "spawn/process/sandbox_arguments.hpp"

#include "base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

ServerSpec ada() {
    ServerSpec spec{.id = "1.2",
                    .user = "ada",
                    .course = "bio",
                    .base_url = "/c/bio/user/ada/",
                    .secret = "the secret",
                    .number = 200'007,
                    .home = "/data/homes/bio/ada",
                    .resources = {.cpu = 1.5, .memory_gib = 2, .storage_gib = 1},
                    .environment = {}};
    spec.environment.command = {"/opt/lab/bin/python", "--sock={socket}", "{base_url}", "{home}"};
    spec.environment.read_only = {"/opt/lab"};
    return spec;
}

SandboxSpec box() {
    return {.root = true, .box = "/run/x/box", .port = {}, .status = "/run/x/status"};
}

/// What bubblewrap reads: each option with its words as one text, "--bind /a /b".
std::vector<std::string> options_of(LaunchPlan const& plan) {
    std::vector<std::string> options;
    for (auto const word : split(plan.inputs.at(10), '\0')) {
        if (word.empty()) continue;
        if (word.starts_with("--"))
            options.emplace_back(word);
        else
            options.back() += " " + std::string(word);
    }
    return options;
}

TEST(SandboxArguments, OnlyTheOwnHomeAndTheSocketFolderAreWritable) {
    std::vector<std::string> writable;
    for (auto const& option : options_of(sandbox_plan(ada(), box())))
        if (option.starts_with("--bind ")) writable.push_back(option);
    EXPECT_THAT(writable, ElementsAre("--bind /run/x/box /run/server",
                                      "--bind /data/homes/bio/ada /home/ada"));
}

TEST(SandboxArguments, EnvironmentFoldersAreReadOnlyAtTheirOwnPath) {
    auto const options = options_of(sandbox_plan(ada(), box()));
    EXPECT_THAT(options, Contains("--ro-bind /opt/lab /opt/lab"));
    EXPECT_THAT(options, Contains("--ro-bind /usr /usr"));
    EXPECT_THAT(options, Contains("--remount-ro /"));
}

TEST(SandboxArguments, CourseFoldersAreWritableForWhomTheyAreSaidToBe) {
    auto spec = ada();
    spec.course_folders = {
        {.name = "materials", .from = "/data/homes/bio/~course/materials", .writable = false},
        {.name = "shared", .from = "/data/homes/bio/~course/shared", .writable = true}};
    auto const options = options_of(sandbox_plan(spec, box()));
    EXPECT_THAT(options, Contains("--ro-bind /data/homes/bio/~course/materials "
                                  "/srv/course/materials"));
    EXPECT_THAT(options, Contains("--bind /data/homes/bio/~course/shared /srv/course/shared"));
}

TEST(SandboxArguments, RootDropsToTheUidWithinTheSandbox) {
    auto const plan = sandbox_plan(ada(), box());
    EXPECT_THAT(plan.arguments, Contains("--reuid=200007"));
    EXPECT_THAT(plan.arguments, Contains("--bounding-set=-all"));
    EXPECT_THAT(options_of(plan), Contains("--cap-drop ALL"));
    EXPECT_THAT(options_of(plan), Not(Contains("--unshare-user")));
}

TEST(SandboxArguments, OrdinaryUserGetsAUserNamespaceThatCannotBeNested) {
    auto sandbox = box();
    sandbox.root = false;
    sandbox.private_network = true;
    auto const plan = sandbox_plan(ada(), sandbox);
    EXPECT_THAT(plan.arguments, Not(Contains("/usr/bin/setpriv")));
    for (auto const* option :
         {"--unshare-user", "--disable-userns", "--uid 200007", "--unshare-net"})
        EXPECT_THAT(options_of(plan), Contains(option));
    EXPECT_EQ(plan.network_info, -1);
}

TEST(SandboxArguments, NetworkWithAWayOutAsksItsOwnNameServer) {
    auto sandbox = box();
    sandbox.root = false;
    sandbox.private_network = true;
    sandbox.has_way_out = true;
    auto const plan = sandbox_plan(ada(), sandbox);
    EXPECT_GT(plan.network_info, 2);
    std::string files;
    for (auto const& [descriptor, content] : plan.inputs) files += content;
    EXPECT_THAT(files, HasSubstr("nameserver 10.0.2.3"));
}

TEST(SandboxArguments, SecretIsInNoArgumentAndBubblewrapsEnvironmentIsEmpty) {
    auto const plan = sandbox_plan(ada(), box());
    EXPECT_THAT(plan.arguments, Not(Contains(HasSubstr("the secret"))));
    EXPECT_TRUE(plan.environment.empty());
    EXPECT_THAT(options_of(plan), Contains("--setenv JUPYTER_TOKEN the secret"));
    EXPECT_THAT(options_of(plan), Contains("--setenv CARREL_SERVER_TOKEN the secret"));
}

TEST(SandboxArguments, EnvironmentCannotReplaceTheSecret) {
    auto spec = ada();
    spec.environment.variables = {{"JUPYTER_TOKEN", "known"}, {"LANG", "de_DE.UTF-8"}};
    auto const environment = server_environment(spec, "/home/ada");
    EXPECT_EQ(environment.at("JUPYTER_TOKEN"), "the secret");
    EXPECT_EQ(environment.at("LANG"), "de_DE.UTF-8");
    EXPECT_EQ(environment.at("OMP_NUM_THREADS"), "2");
}

TEST(SandboxArguments, PlaceholdersAreReplaced) {
    EXPECT_THAT(server_command(ada(), "/home/ada", "/run/server/server.sock", {}),
                ElementsAre("/opt/lab/bin/python", "--sock=/run/server/server.sock",
                            "/c/bio/user/ada/", "/home/ada"));
    auto spec = ada();
    EXPECT_FALSE(wants_port(spec.environment));
    spec.environment.command.emplace_back("--port={port}");
    EXPECT_TRUE(wants_port(spec.environment));
    EXPECT_EQ(server_command(spec, "/", "/", 8123).back(), "--port=8123");
}

TEST(SandboxArguments, NameIsFitForPasswdAndPath) {
    EXPECT_EQ(account_name("ada.l-2"), "ada.l-2");
    EXPECT_EQ(account_name("../x"), "_.._x");
    EXPECT_EQ(account_name("a:b\nroot"), "a_b_root");
    EXPECT_EQ(account_name(""), "_");
    EXPECT_EQ(account_name(std::string(300, 'a')).size(), 63U);
}

}  // namespace
}  // namespace carrel
