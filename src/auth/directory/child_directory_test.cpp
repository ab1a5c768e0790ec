#include "auth/directory/child_directory.hpp"

#include "auth/provider/login_failure.hpp"
#include "base/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace carrel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// A child that does what a line of shell says, and keeps what it was asked.
class ChildDirectoryTest : public ::testing::Test {
protected:
    ChildDirectory directory(std::string const& script, Milliseconds timeout = Seconds(60),
                             Milliseconds most_waiting = Seconds(60)) const {
        ProviderSettings settings;
        settings.name = "unix";
        return ChildDirectory(
            std::move(settings),
            {.program = {"/bin/sh", "-c", "cat >" + asked().string() + "; " + script},
             .kind = {{"kind", "pam"}, {"service", "carrel"}},
             .timeout = timeout,
             .most_waiting = most_waiting});
    }
    [[nodiscard]] std::filesystem::path asked() const { return folder_.path() / "asked"; }
    [[nodiscard]] std::string question() const {
        std::ifstream file(asked());
        return {std::istreambuf_iterator<char>(file), {}};
    }
    Error problem(std::string const& script) const {
        auto child = directory(script);
        auto const person = child.check(ada_);
        EXPECT_FALSE(person);
        return person ? Error{} : person.error();
    }

    TemporaryFolder folder_;
    DirectoryQuestion ada_{.username = "ada", .password = "her secret", .address = "192.0.2.7"};
};

TEST_F(ChildDirectoryTest, TellsWhomTheChildKnows) {
    auto child = directory(
        R"(echo '{"outcome": "known", "subject": "1001:ada", "username": "ada",
                  "display_name": "Ada L.", "email": "", "groups": ["tutors", "users"]}')");
    auto const person = child.check(ada_);
    ASSERT_TRUE(person) << person.error().message;
    EXPECT_EQ(person->subject, "1001:ada");
    EXPECT_EQ(person->display_name, "Ada L.");
    EXPECT_THAT(person->groups, ElementsAre("tutors", "users"));
    auto const told = nlohmann::json::parse(question());
    EXPECT_EQ(told["service"], "carrel");
    EXPECT_EQ(told["username"], "ada");
    EXPECT_EQ(told["password"], "her secret");
    EXPECT_EQ(told["address"], "192.0.2.7");
}

TEST_F(ChildDirectoryTest, GivesThePasswordToStandardInputAlone) {
    auto child = directory("tr '\\0' ' ' </proc/$$/cmdline >" + (folder_.path() / "seen").string() +
                           "; env >>" + (folder_.path() / "seen").string() +
                           "; echo '{\"outcome\": \"wrong\"}'");
    EXPECT_EQ(child.check(ada_).error().code, Code::Unauthenticated);
    std::ifstream file(folder_.path() / "seen");
    std::string const seen((std::istreambuf_iterator<char>(file)), {});
    EXPECT_THAT(seen, HasSubstr("/bin/sh"));
    EXPECT_THAT(seen, Not(HasSubstr("her secret")));
}

TEST_F(ChildDirectoryTest, AWrongPasswordHasNoFieldAndAProblemHas) {
    auto const wrong = problem(R"(echo '{"outcome": "wrong", "cause": "x"}')");
    EXPECT_EQ(wrong.code, Code::Unauthenticated);
    EXPECT_EQ(wrong.field, "");
    auto const expired = problem(R"(echo '{"outcome": "password_expired", "cause": "too old"}')");
    EXPECT_EQ(expired.code, Code::PermissionDenied);
    EXPECT_EQ(expired.field, "password_expired");
    EXPECT_EQ(expired.message, "too old");
    EXPECT_EQ(problem(R"(echo '{"outcome": "misconfigured"}')").code, Code::Unavailable);
}

TEST_F(ChildDirectoryTest, NobodyIsLetInByAnAnswerThatMakesNoSense) {
    for (auto const* const script :
         {"echo", "echo '{}'", "echo '[1]'", "echo '{\"outcome\": \"known\"}'",
          "echo '{\"outcome\": \"let them in\"}'", "exit 3", "kill -9 $$",
          "echo '{\"outcome\": \"known\", \"subject\": \"\", \"username\": \"ada\"}'",
          "echo '{\"outcome\": \"known\", \"subject\": \"1:a\", \"username\": \"a\"}'; exit 1"})
        EXPECT_EQ(problem(script).code, Code::Unavailable) << script;
}

TEST_F(ChildDirectoryTest, AChildThatHangsIsKilled) {
    auto child = directory("exec sleep 600", Milliseconds(200));
    auto const person = child.check(ada_);
    ASSERT_FALSE(person);
    EXPECT_EQ(person.error().field, "unavailable");
}

TEST_F(ChildDirectoryTest, WhatCannotBeANameOrAPasswordIsNotEvenAsked) {
    auto child = directory(R"(echo '{"outcome": "known", "subject": "1:a", "username": "a"}')");
    for (auto const& [name, password] : {std::pair<std::string, std::string>("", "x"),
                                         {"ada", ""},
                                         {"ada", std::string("a\0b", 3)},
                                         {std::string("a\0b", 3), "x"},
                                         {"a\nb", "x"},
                                         {"\xff", "x"},
                                         {"ada", "\xff"},
                                         {std::string(513, 'a'), "x"},
                                         {"ada", std::string(513, 'a')}}) {
        auto const person = child.check({.username = name, .password = password, .address = ""});
        ASSERT_FALSE(person) << name;
        EXPECT_EQ(person.error().code, Code::Unauthenticated);
    }
}

TEST_F(ChildDirectoryTest, OnlySoManyAreAskedAtOnce) {
    auto const gate = folder_.path() / "gate";
    auto child = directory("while [ ! -e " + gate.string() +
                               " ]; do sleep 0.02; done; echo '{\"outcome\": \"wrong\"}'",
                           Seconds(60), Milliseconds(1));
    std::vector<std::jthread> askers;
    std::atomic<int> busy = 0;
    std::atomic<int> answered = 0;
    for (int i = 0; i < ChildDirectoryOptions::at_once + 3; ++i)
        askers.emplace_back([&] {
            auto const person = child.check(ada_);
            busy += person.error().field == "busy" ? 1 : 0;
            answered += person.error().code == Code::Unauthenticated ? 1 : 0;
        });
    while (busy < 3) std::this_thread::yield();
    std::ofstream{gate};
    askers.clear();
    EXPECT_EQ(busy, 3);
    EXPECT_EQ(answered, ChildDirectoryOptions::at_once);
    // Turns come back.
    EXPECT_EQ(child.check(ada_).error().code, Code::Unauthenticated);
}

}  // namespace
}  // namespace carrel
