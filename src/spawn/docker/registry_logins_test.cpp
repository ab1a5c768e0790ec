#include "spawn/docker/registry_logins.hpp"

#include "base/base64.hpp"
#include "base/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

namespace carrel {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class RegistryLoginsTest : public testing::Test {
protected:
    void write(std::string const& content) const { std::ofstream(file()) << content; }
    void write_auths(json const& auths) const { write(json{{"auths", auths}}.dump()); }
    std::filesystem::path file() const { return folder_.path() / "config.json"; }
    /// What the engine would be told of an image; null: nothing.
    json of(std::string const& image) const {
        auto told = logins_.of(parse_image_reference(image).value());
        EXPECT_TRUE(told) << told.error().message;
        if (!told || told->empty()) return nullptr;
        std::ranges::replace(*told, '-', '+');
        std::ranges::replace(*told, '_', '/');
        return json::parse(from_base64(*told).value());
    }
    std::string problem() const {
        auto const checked = logins_.check();
        return checked ? "" : checked.error().message;
    }

    TemporaryFolder folder_;
    RegistryLogins logins_{file()};
};

TEST_F(RegistryLoginsTest, EachRegistryHasItsOwn) {
    write_auths(json{{"registry.example.org:5000", {{"auth", to_base64("ada:pass:word?>~")}}},
                     {"https://index.docker.io/v1/", {{"auth", to_base64("lab:secret")}}},
                     {"https://Quay.io/v2/", {{"auth", ""}, {"identitytoken", "a token"}}}});
    EXPECT_EQ(problem(), "");
    EXPECT_EQ(of("registry.example.org:5000/team/lab:v1"),
              (json{{"username", "ada"},
                    {"password", "pass:word?>~"},
                    {"serveraddress", "registry.example.org:5000"}}));
    for (auto const* const ours : {"python", "team/lab", "docker.io/team/lab:2"})
        EXPECT_EQ(of(ours)["password"], "secret") << ours;
    EXPECT_EQ(of("quay.io/jupyter/lab")["identitytoken"], "a token");
    // The same host with another port is another registry.
    for (auto const* const strange :
         {"registry.example.org/team/lab", "registry.example.org:5001/lab", "ghcr.io/team/lab"})
        EXPECT_EQ(of(strange), nullptr) << strange;
}

TEST_F(RegistryLoginsTest, AreReadAnewForEachImage) {
    write_auths(json{{"quay.io", {{"auth", to_base64("ada:old")}}}});
    EXPECT_EQ(of("quay.io/lab")["password"], "old");
    write_auths(json{{"quay.io", {{"auth", to_base64("ada:new")}}}});
    EXPECT_EQ(of("quay.io/lab")["password"], "new");
}

TEST_F(RegistryLoginsTest, WithoutAFileThereAreNone) {
    RegistryLogins const none;
    EXPECT_TRUE(none.check());
    EXPECT_EQ(none.of(parse_image_reference("quay.io/lab").value()), "");
}

TEST_F(RegistryLoginsTest, AFileThatIsNoneIsSaidWithoutWhatIsInIt) {
    EXPECT_THAT(problem(), HasSubstr("config.json cannot be read"));
    for (auto const* const content :
         {"", "secret", "[]", "{}", R"({"auths": ["secret"]})", R"({"secret": {}})"}) {
        write(std::string(content));
        EXPECT_THAT(problem(), HasSubstr("has no log-ins for registries")) << content;
        EXPECT_THAT(problem(), Not(HasSubstr("secret")));
    }
    for (auto const* const auth : {"", "secret", "c2VjcmV0"}) {
        write_auths(json{{"quay.io", {{"auth", auth}}}});
        EXPECT_THAT(problem(), HasSubstr("no password for quay.io")) << auth;
        EXPECT_THAT(problem(), Not(HasSubstr("secret")));
    }
    write(R"({"auths": {"quay.io": {}}, "credsStore": "pass"})");
    EXPECT_THAT(problem(), HasSubstr("credential helper"));
    EXPECT_FALSE(logins_.of(parse_image_reference("quay.io/lab").value()));
}

}  // namespace
}  // namespace carrel
