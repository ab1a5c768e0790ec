#include "config/settings.hpp"

#include "base/project_folder.hpp"
#include "base/temporary_folder.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace carrel {

namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class SettingsTest : public testing::Test {
protected:
    SettingsTest() { sources_.folder = folder_.path(); }
    void file(std::string const& content, std::string const& name = "carrel.toml") {
        std::ofstream(sources_.folder / name) << content;
        sources_.files.push_back(sources_.folder / name);
    }
    Settings load() {
        auto loaded = load_settings(sources_);
        if (!loaded) throw std::runtime_error(loaded.error().message);
        return *loaded;
    }
    Error error() {
        auto loaded = load_settings(sources_);
        if (loaded) throw std::runtime_error("this should have failed");
        EXPECT_NE(loaded.error().code, Code::Internal);
        return loaded.error();
    }
    /// The error of a file with just this in it.
    Error error_of(std::string const& content) {
        sources_.files.clear();
        file(content);
        return error();
    }

    TemporaryFolder folder_;
    Sources sources_;
};

}  // namespace

TEST_F(SettingsTest, DefaultsNeedNoFile) {
    auto const settings = load();
    EXPECT_EQ(settings.server.ip, "127.0.0.1");
    EXPECT_EQ(settings.server.port, 8000);
    EXPECT_EQ(settings.server.data, sources_.folder / "data");
    EXPECT_EQ(settings.store.url, "sqlite:" + (sources_.folder / "data/carrel.sqlite").string());
    EXPECT_EQ(settings.dispatcher.tick, Milliseconds(5000));
    EXPECT_EQ(settings.hub.concurrent_starts, 10);
    EXPECT_FALSE(settings.governance.accept_own_courses);
    EXPECT_TRUE(settings.environments.empty());
}

TEST_F(SettingsTest, AFileSetsEveryType) {
    file(R"(
[server]
port = 0
data = "/srv/../var/carrel/"
[dispatcher]
tick_seconds = 0.5
lead_seconds = 30
[governance]
accept_own_courses = true
[limits]
cpu_max = 8
memory_gib_max = 2.5
participants_max = 1000
[log]
level = "debug"
[environments.lab]
title = "JupyterLab"
command = ["/opt/a b/jupyter-lab", "--sock={socket}"]
read_only = ["/opt/a b"]
variables = { LANG = "C.UTF-8", TOKEN = "geheim" }
[environments.pluto-1]
command = "julia  -e 'run' "
default_url = "/"
)");
    auto const settings = load();
    EXPECT_EQ(settings.server.port, 0);
    EXPECT_EQ(settings.server.data, "/var/carrel");
    EXPECT_EQ(settings.dispatcher.tick, Milliseconds(500));
    EXPECT_EQ(settings.dispatcher.lead, Milliseconds(30'000));
    EXPECT_TRUE(settings.governance.accept_own_courses);
    EXPECT_EQ(settings.limits.cpu_max, 8);
    EXPECT_EQ(settings.limits.memory_gib_max, 2.5);
    EXPECT_EQ(settings.log.level, "debug");
    auto const& lab = settings.environments.at("lab");
    EXPECT_EQ(lab.name, "lab");
    EXPECT_EQ(lab.title, "JupyterLab");
    EXPECT_EQ(lab.command, (std::vector<std::string>{"/opt/a b/jupyter-lab", "--sock={socket}"}));
    EXPECT_EQ(lab.read_only, std::vector<std::filesystem::path>{"/opt/a b"});
    EXPECT_EQ(lab.variables.at("LANG"), "C.UTF-8");
    auto const& pluto = settings.environments.at("pluto-1");
    EXPECT_EQ(pluto.command, (std::vector<std::string>{"julia", "-e", "'run'"}));
    EXPECT_EQ(pluto.title, "pluto-1");
}

TEST_F(SettingsTest, LaterSourcesWinAndEnvironmentsAreJoinedByName) {
    file(
        "[server]\nport = 1\nip = \"0.0.0.0\"\n[environments.lab]\ncommand = \"lab\"\n"
        "[environments.other]\ncommand = \"other\"");
    file("[server]\nport = 2\n[environments.lab]\ntitle = \"Lab\"", "second.toml");
    EXPECT_EQ(load().server.port, 2);
    EXPECT_EQ(load().server.ip, "0.0.0.0");
    EXPECT_EQ(load().environments.at("lab").command, std::vector<std::string>{"lab"});
    EXPECT_EQ(load().environments.at("lab").title, "Lab");
    EXPECT_EQ(load().environments.size(), 2U);

    sources_.environment = {{"CARREL_SERVER_PORT", "3"}, {"CARREL_SERVER_IP", "::1"}};
    EXPECT_EQ(load().server.port, 3);
    sources_.overrides = {"server.port=4"};
    EXPECT_EQ(load().server.port, 4);
    EXPECT_EQ(load().server.ip, "::1");
}

TEST_F(SettingsTest, VariablesAndFlagsReadEveryType) {
    sources_.environment = {{"CARREL_DISPATCHER_TICK_SECONDS", "0.25"},
                            {"CARREL_GOVERNANCE_ACCEPT_OWN_COURSES", "true"},
                            {"CARREL_LIMITS_CPU_MAX", "2.5"},
                            {"CARREL_ENVIRONMENTS_MY_LAB_COMMAND", "lab --sock={socket}"},
                            {"CARREL_EDGE_KEY", "not ours"},
                            {"PATH", "/bin"}};
    sources_.overrides = {"environments.my-lab.default_url=/tree?a=b", "log.level=warn",
                          "server.data=/srv/x"};
    auto const settings = load();
    EXPECT_EQ(settings.dispatcher.tick, Milliseconds(250));
    EXPECT_TRUE(settings.governance.accept_own_courses);
    EXPECT_EQ(settings.limits.cpu_max, 2.5);
    EXPECT_EQ(settings.log.level, "warn");
    EXPECT_EQ(settings.server.data, "/srv/x");
    auto const& lab = settings.environments.at("my-lab");
    EXPECT_EQ(lab.command, (std::vector<std::string>{"lab", "--sock={socket}"}));
    EXPECT_EQ(lab.default_url, "/tree?a=b");
}

TEST_F(SettingsTest, AnUnknownKeyIsNamedWithItsPlaceAndTheNearestOne) {
    auto const key = error_of("[server]\nip = \"::\"\nprot = 1\n");
    EXPECT_EQ(key.code, Code::InvalidArgument);
    EXPECT_EQ(key.field, "server.prot");
    EXPECT_THAT(key.message,
                EndsWith("carrel.toml:3: there is no key server.prot; did you mean 'port'?"));
    EXPECT_THAT(error_of("\n[sever]\n").message,
                EndsWith("carrel.toml:2: there is no section [sever]; did you mean 'server'?"));
    EXPECT_THAT(error_of("[dispatcher]\ntick = 5").message, HasSubstr("'tick_seconds'"));
    EXPECT_THAT(error_of("[environments.lab]\ncomand = \"x\"").message, HasSubstr("'command'"));
    EXPECT_THAT(error_of("[hub]\nzzzzzzzzzzzzzz = 5").message, Not(HasSubstr("did you mean")));
    EXPECT_THAT(error_of("port = 8000").message, HasSubstr("there is no section [port]"));
}

TEST_F(SettingsTest, UnknownVariablesAndFlagsAreNamed) {
    sources_.environment = {{"CARREL_SERVER_PROT", "1"}};
    EXPECT_THAT(error().message, HasSubstr("CARREL_SERVER_PROT names no setting of [server]"));
    EXPECT_THAT(error().message, HasSubstr("did you mean 'port'?"));
    sources_.environment = {{"CARREL_ENVIRONMENTS_LAB_COMAND", "x"}};
    EXPECT_THAT(error().message, HasSubstr("CARREL_ENVIRONMENTS_LAB_COMAND"));
    sources_.environment.clear();
    sources_.overrides = {"server.prot=1"};
    EXPECT_THAT(error().message, HasSubstr("did you mean 'server.port'?"));
    sources_.overrides = {"server.port"};
    EXPECT_THAT(error().message, HasSubstr("write it like"));
}

TEST_F(SettingsTest, WrongTypesSayWhatTheKeyTakes) {
    EXPECT_THAT(error_of("[server]\nport = \"8000\"").message,
                EndsWith(":2: server.port is a whole number"));
    EXPECT_THAT(error_of("[server]\nport = 80.5").message, HasSubstr("is a whole number"));
    EXPECT_THAT(error_of("[server]\nip = 1").message, HasSubstr("server.ip is text"));
    EXPECT_THAT(error_of("[server]\nip = 2026-11-21").message, HasSubstr("server.ip is text"));
    EXPECT_THAT(error_of("[governance]\naccept_own_courses = 1").message,
                HasSubstr("is true or false"));
    EXPECT_THAT(error_of("[dispatcher]\ntick_seconds = \"5s\"").message,
                HasSubstr("is a number of seconds"));
    EXPECT_THAT(error_of("[environments.lab]\ncommand = [1]").message,
                HasSubstr("is a list of words"));
    EXPECT_THAT(error_of("[environments.lab]\nvariables = \"A=b\"").message,
                HasSubstr("is a table of text"));
    EXPECT_THAT(error_of("server = 3").message, HasSubstr("server is a section"));
    EXPECT_THAT(error_of("[environments]\nlab = \"x\"").message, HasSubstr("is a section"));
    EXPECT_THAT(error_of("[[server]]\nport = 1").message, HasSubstr("is a section"));

    sources_.files.clear();
    sources_.environment = {{"CARREL_SERVER_PORT", "80 "}};
    EXPECT_THAT(error().message, HasSubstr("CARREL_SERVER_PORT: server.port is a whole number"));
    sources_.environment = {{"CARREL_GOVERNANCE_ACCEPT_OWN_COURSES", "yes"}};
    EXPECT_THAT(error().message, HasSubstr("is true or false"));
}

TEST_F(SettingsTest, ValuesOutOfRangeSayTheRange) {
    EXPECT_THAT(error_of("[server]\nport = 65536").message, HasSubstr("is between 0 and 65535"));
    EXPECT_THAT(error_of("[server]\nport = -1").message, HasSubstr("is between 0 and 65535"));
    EXPECT_THAT(error_of("[server]\nport = 9223372036854775807").message, HasSubstr("is between"));
    EXPECT_THAT(error_of("[dispatcher]\ntick_seconds = 0").message, HasSubstr("is between"));
    EXPECT_THAT(error_of("[limits]\ncpu_max = nan").message, HasSubstr("is between"));
    EXPECT_THAT(error_of("[limits]\ncpu_max = inf").message, HasSubstr("is between"));
    EXPECT_THAT(error_of("[log]\nlevel = \"loud\"").message,
                HasSubstr("log.level is one of: debug, info, warn, error"));
    EXPECT_THAT(error_of("[server]\ndata = \"\"").message, HasSubstr("server.data is empty"));
    EXPECT_EQ(error_of("[limits]\ncpu_max = 2\ncpu_default = 3").field, "limits.cpu_default");
}

TEST_F(SettingsTest, WhatIsNotSupportedYetIsSaid) {
    auto const postgres = error_of("[store]\nurl = \"postgresql://ada:geheim@db/carrel\"");
    EXPECT_THAT(postgres.message, HasSubstr("not supported yet"));
    EXPECT_THAT(postgres.message, Not(HasSubstr("geheim")));
    EXPECT_THAT(error_of("[store]\nurl = \"mysql:x\"").message, HasSubstr("begins with sqlite:"));
}

TEST_F(SettingsTest, TlsIsCheckedAsAWhole) {
    EXPECT_THAT(error_of("[server]\ntls_cert = \"/etc/x.pem\"").message,
                HasSubstr("only together"));
    EXPECT_THAT(error_of("[server]\ntls = \"off\"\ntls_key = \"x\"").message,
                HasSubstr("of no use"));
    EXPECT_THAT(error_of("[server]\ntls = \"acme\"").message, HasSubstr("server.domain"));
    EXPECT_THAT(error_of("[server]\ntls = \"acme\"\ndomain = \"a.test\"").message,
                HasSubstr("redirect_port"));
    EXPECT_THAT(error_of("[server]\nredirect_port = 80").message, HasSubstr("need server.tls"));
}

TEST_F(SettingsTest, PersonsHaveOriginsOnlyWhereTheirNamesAreKnown) {
    auto const url_of = [&](std::string const& more) {
        sources_.files.clear();
        file("[server]\nuser_domain = \"hub.test\"\n" + more);
        return load().server.public_url;
    };
    EXPECT_EQ(url_of("domain = \"hub.test\""), "http://hub.test:8000");
    EXPECT_EQ(url_of("domain = \"hub.test\"\nport = 443\ntls = \"self-signed\""),
              "https://hub.test");
    EXPECT_EQ(url_of("public_url = \"https://www.hub.test/\""), "https://www.hub.test");
    EXPECT_EQ(error_of("[server]\nuser_domain = \"hub.test\"").field, "server.domain");
    EXPECT_EQ(
        error_of("[server]\nuser_domain = \"hub.test\"\ndomain = \"hub.test\"\nport = 0").field,
        "server.public_url");
    for (auto const* domain :
         {"*.hub.test", "Hub.test", ".hub.test", "hub test", "a..b", "https://a"})
        EXPECT_EQ(
            error_of(fmt::format("[server]\ndomain = \"a.test\"\nuser_domain = \"{}\"", domain))
                .field,
            "server.user_domain")
            << domain;
    for (auto const* url :
         {"hub.test", "https://hub.test/x", "ftp://a", "https://a:99999", "https://"})
        EXPECT_EQ(error_of(fmt::format("[server]\npublic_url = \"{}\"", url)).field,
                  "server.public_url")
            << url;
    EXPECT_THAT(error_of("[server]\nuser_domain = \"a.test\"\ndomain = \"a.test\"\ntls = "
                         "\"acme\"\nredirect_port = 80")
                    .message,
                HasSubstr("for all names below it"));
}

TEST_F(SettingsTest, AnEnvironmentIsCheckedAsAWhole) {
    EXPECT_THAT(error_of("[environments.lab]\ntitle = \"x\"").message,
                HasSubstr("environments.lab.command is missing"));
    EXPECT_THAT(error_of("[environments.\"My Lab\"]\ncommand = \"x\"").message,
                HasSubstr("the name of an environment"));
    EXPECT_THAT(error_of("[environments.lab]\ncommand = \"x\"\ndefault_url = \"lab\"").message,
                HasSubstr("begins with /"));
    EXPECT_THAT(error_of("[environments.lab]\ncommand = \"x\"\nread_only = [\"opt\"]").message,
                HasSubstr("not an absolute path"));
}

TEST_F(SettingsTest, RolesAndServicesAreListsAndTheirTokensAreKeptElsewhere) {
    std::ofstream(sources_.folder / "token") << "0123456789abcdef0123456789abcdef\n";
    file(R"(
[[roles]]
name = "grader"
scopes = ["read:users", "custom:grades:write"]
groups = ["tutors"]
[[custom_scopes]]
name = "custom:grades:write"
description = "writes grades"
subscopes = ["custom:grades:read"]
[[services]]
name = "cull"
admin = true
command = ["cull", "--timeout=60"]
environment = { A = "b" }
[[services]]
name = "wiki"
url = "http://127.0.0.1:9000"
api_token_file = "token"
)");
    file("[[roles]]\nname = \"user\"\nscopes = [\"self\", \"access:services\"]", "second.toml");
    auto const settings = load();
    ASSERT_EQ(settings.roles.size(), 2U);
    EXPECT_EQ(settings.roles[0].groups, std::vector<std::string>{"tutors"});
    ASSERT_EQ(settings.custom_scopes.size(), 1U);
    EXPECT_EQ(settings.custom_scopes[0].description, "writes grades");
    EXPECT_EQ(settings.custom_scopes[0].subscopes, std::vector<std::string>{"custom:grades:read"});
    ASSERT_EQ(settings.services.size(), 2U);
    EXPECT_TRUE(settings.services[0].admin);
    EXPECT_EQ(settings.services[0].environment.at("A"), "b");
    EXPECT_EQ(settings.services[1].api_token, "0123456789abcdef0123456789abcdef");
    auto const printed = print_settings(settings);
    EXPECT_THAT(printed, HasSubstr("[[services]]"));
    EXPECT_THAT(printed, Not(HasSubstr("0123456789abcdef")));
}

TEST_F(SettingsTest, AnEnvironmentWithAnImageIsOneThatAContainerCanBe) {
    auto const lab = [](std::string const& keys) { return "[environments.lab]\n" + keys; };
    file(lab("image = \"host.org:5000/lab\"\ncommand = \"lab --sock={socket}\""));
    EXPECT_EQ(load().environments.at("lab").image, "host.org:5000/lab");
    EXPECT_THAT(error_of(lab("image = \"lab; reboot\"")).message, HasSubstr("is no image"));
    EXPECT_THAT(error_of(lab("image = \"lab\"\nread_only = [\"data\"]")).message,
                HasSubstr("not an absolute path"));
    EXPECT_THAT(error_of(lab("command = \"lab\"\nwritable_root = true")).message,
                HasSubstr("is for one with an image"));
}

TEST_F(SettingsTest, ImagesThatLeadersMayNameArePatterns) {
    auto const lab = [](std::string const& keys) { return "[environments.lab]\n" + keys; };
    file(lab("image = \"lab\"\nallowed_images = [\"quay.io/jupyter/*\", \"host.org:5000/**\"]"));
    EXPECT_EQ(load().environments.at("lab").allowed_images,
              (std::vector<std::string>{"quay.io/jupyter/*", "host.org:5000/**"}));
    auto const bad = error_of(lab("image = \"lab\"\nallowed_images = [\"jupyter/*\"]"));
    EXPECT_EQ(bad.field, "environments.lab.allowed_images");
    EXPECT_THAT(bad.message, HasSubstr("docker.io/jupyter/"));
    EXPECT_THAT(error_of(lab("image = \"lab\"\nallowed_images = [\"*\"]")).message,
                HasSubstr("one registry, written out"));
    EXPECT_THAT(error_of(lab("command = \"lab\"\nallowed_images = [\"host.org/*\"]")).message,
                HasSubstr("allowed_images is for one with an image"));
}

TEST_F(SettingsTest, AServiceWhoseTokenIsNotThereIsRefused) {
    EXPECT_THAT(error_of("[[services]]\nname = \"w\"\napi_token_file = \"none\"").message,
                HasSubstr("cannot be read"));
    EXPECT_THAT(error_of("[[services]]\nname = \"w\"\napi_token_variable = \"NO_SUCH\"").message,
                HasSubstr("no variable NO_SUCH"));
    std::ofstream(sources_.folder / "short") << "secret";
    auto const refused = error_of("[[services]]\nname = \"w\"\napi_token_file = \"short\"");
    EXPECT_THAT(refused.message, HasSubstr("at least 32"));
    EXPECT_THAT(refused.message, Not(HasSubstr("secret")));
    EXPECT_THAT(error_of("[[services]]\nnam = \"w\"").message, HasSubstr("'name'"));
    EXPECT_THAT(error_of("[services]\nname = \"w\"").message, HasSubstr("write [[services]]"));
    EXPECT_THAT(error_of("[[roles]]\nscopes = 1").message, HasSubstr("list of words"));
}

TEST_F(SettingsTest, BrokenAndMissingFilesAreNamed) {
    EXPECT_THAT(error_of("[server\nport = 1").message, HasSubstr("carrel.toml:1: "));
    EXPECT_THAT(error_of("a = 1\na = 2").message, HasSubstr("carrel.toml:2: "));
    EXPECT_THAT(error_of("\xff\xfe").message, HasSubstr("carrel.toml:"));
    EXPECT_EQ(error_of(std::string(100'000, '[')).code, Code::InvalidArgument);
    sources_.files = {sources_.folder / "none.toml"};
    EXPECT_EQ(error().code, Code::NotFound);
    EXPECT_THAT(error().message, HasSubstr("none.toml"));
    sources_.files = {sources_.folder};
    EXPECT_THAT(error().message, HasSubstr("read the configuration"));
}

TEST_F(SettingsTest, WhatIsPrintedCanBeLoadedAgainAndHasNoSecrets) {
    file(
        "[server]\ndata = \"/srv/a \\\"b\\\"\"\n[dispatcher]\ntick_seconds = 0.5\n"
        "[environments.lab]\ncommand = [\"a b\", \"c\\\\d\\te\"]\nvariables = {TOKEN = "
        "\"geheim\"}");
    auto const printed = print_settings(load());
    EXPECT_THAT(printed, HasSubstr("\"TOKEN\" = \"***\""));
    EXPECT_THAT(printed, Not(HasSubstr("geheim")));

    auto const before = load();
    sources_.files.clear();
    file(printed, "printed.toml");
    auto const after = load();
    EXPECT_EQ(after.server.data, before.server.data);
    EXPECT_EQ(after.dispatcher.tick, before.dispatcher.tick);
    EXPECT_EQ(after.environments.at("lab").command, before.environments.at("lab").command);
    EXPECT_EQ(print_settings(after), printed);
}

TEST(CarrelEnvironment, IsThatPartOfTheProcesss) {
    ::setenv("CARREL_SERVER_PORT", "1234=5", 1);
    auto const variables = carrel_environment();
    ::unsetenv("CARREL_SERVER_PORT");
    EXPECT_EQ(variables.at("CARREL_SERVER_PORT"), "1234=5");
    EXPECT_FALSE(variables.contains("PATH"));
}

TEST(ConfigDocument, DescribesEveryKey) {
    auto const page = project_folder() / "docs/reference/config.md";
    if (std::getenv("UPDATE_DOCS") != nullptr) std::ofstream(page) << describe_settings_markdown();
    std::ifstream stream(page);
    std::string const written(std::istreambuf_iterator<char>(stream), {});
    EXPECT_EQ(written, describe_settings_markdown()) << "write it anew with UPDATE_DOCS=1";
}

}  // namespace carrel
