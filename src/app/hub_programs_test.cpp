#include "app/hub_programs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel {

namespace {

using testing::HasSubstr;

std::string refusal(Settings const& settings) {
    auto const programs = hub_programs(settings);
    return programs ? "" : programs.error().message;
}
Settings with(ServiceSettings const& service) {
    Settings settings;
    settings.services = {service};
    return settings;
}
Settings with(RoleSettings const& role) {
    Settings settings;
    settings.roles = {role};
    return settings;
}

}  // namespace

TEST(HubPrograms, KnowTheirTokensByTheirHashesAlone) {
    auto const programs =
        hub_programs(with(ServiceSettings{.name = "wiki",
                                          .url = "http://127.0.0.1:9000",
                                          .api_token = "0123456789abcdef0123456789abcdef",
                                          .courses = {"bio"}}))
            .value();
    auto const* const wiki = programs.services.by_token("bio", "0123456789abcdef0123456789abcdef");
    ASSERT_NE(wiki, nullptr);
    EXPECT_EQ(wiki->name, "wiki");
    EXPECT_NE(wiki->token_hash, "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(programs.services.by_token("art", "0123456789abcdef0123456789abcdef"), nullptr);
    EXPECT_EQ(programs.services.by_token("bio", ""), nullptr);
}

TEST(HubPrograms, HaveTheCustomScopesOfTheConfiguration) {
    auto settings =
        with(ServiceSettings{.name = "w", .oauth_client_allowed_scopes = {"custom:grades!user"}});
    settings.custom_scopes = {{"custom:grades", "reads grades", {}}};
    settings.roles = {{.name = "grader", .scopes = {"custom:grades"}}};
    auto const programs = hub_programs(settings).value();
    EXPECT_EQ(programs.roles.custom_scopes().find("custom:grades")->description, "reads grades");
    EXPECT_TRUE(programs.roles.find("grader"));
}

TEST(HubPrograms, AreRefusedWithASentence) {
    EXPECT_EQ(refusal(with(RoleSettings{.name = "grader", .scopes = {"read:everything"}})),
              "the role 'grader': there is no scope 'read:everything'");
    EXPECT_EQ(refusal(with(
                  RoleSettings{.name = "grader", .scopes = {"list:users"}, .services = {"none"}})),
              "the role 'grader': there is no service 'none'");
    EXPECT_THAT(refusal(with(ServiceSettings{.name = "Wiki"})), HasSubstr("its name has"));
    EXPECT_THAT(refusal(with(ServiceSettings{.name = "w", .roles = {"emperor"}})),
                HasSubstr("there is no role 'emperor'"));
    EXPECT_THAT(refusal(with(ServiceSettings{.name = "w", .url = "ftp://x"})),
                HasSubstr("begins with http://"));
    EXPECT_THAT(refusal(with(ServiceSettings{
                    .name = "w", .url = "http://127.0.0.1:9999", .command = {"w"}})),
                HasSubstr("{port}"));
    EXPECT_THAT(refusal(with(ServiceSettings{
                    .name = "w", .api_token = std::string(32, 'x'), .command = {"w"}})),
                HasSubstr("gives it a token"));
    EXPECT_EQ(refusal(with(
                  ServiceSettings{.name = "w", .oauth_client_allowed_scopes = {"custom:grades"}})),
              "the service 'w': there is no scope 'custom:grades'");
    Settings circle;
    circle.custom_scopes = {{"custom:a", "a", {"custom:b"}}, {"custom:b", "b", {"custom:a"}}};
    EXPECT_THAT(refusal(circle), HasSubstr("in a circle: custom:a, custom:b, custom:a"));
    auto twice = with(ServiceSettings{.name = "w"});
    twice.services.push_back({.name = "w"});
    EXPECT_EQ(refusal(twice), "there are two services 'w'");
}

}  // namespace carrel
