/// A server that does not run: made without a start, called something else, shown by itself.

#include "hub/named_servers_fixture.hpp"

#include <gmock/gmock.h>

namespace carrel {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

class ServerEditsTest : public NamedServersFixture {
protected:
    json shown(std::string const& path, unsigned status = 200) {
        auto const answer = call(ada_, "GET", path);
        EXPECT_EQ(answer.status, status) << answer.body;
        EXPECT_EQ(answer.headers.get("Content-Type"), "application/json");
        return json::parse(answer.body);
    }
    unsigned edit(std::string const& path, json const& body) {
        return call(ada_, "PATCH", path, body.dump()).status;
    }
    std::string newest_event() {
        return store_->read([](Transaction& t) { return t.events().newest(0, 1); })
            .value()
            .at(0)
            .message;
    }
};

TEST_F(ServerEditsTest, OneIsShownByItself) {
    shown("ada/server", 404);
    shown("ada/servers/gpu", 404);
    start("");
    start("gpu");
    EXPECT_EQ(shown("ada/server"), model(ada_)["servers"][""]);
    EXPECT_EQ(shown("ada/servers/gpu"), model(ada_)["servers"]["gpu"]);
    EXPECT_EQ(shown("ada/servers/gpu")["ready"], true);
    ASSERT_TRUE(await(servers_.stop(key("gpu"), "ada", "server_stopped", "")));
    EXPECT_EQ(shown("ada/servers/gpu")["stopped"], true);
    EXPECT_EQ(call(bob_, "GET", "ada/servers/gpu").status, 404U);
}

TEST_F(ServerEditsTest, OneIsMadeWithoutAStart) {
    json const options{{"profile", "big"}};
    json const body{{"display_name", "Große Karte"}, {"user_options", options}};
    auto const made = call(ada_, "PUT", "ada/servers/gpu", body.dump());
    ASSERT_EQ(made.status, 201U) << made.body;
    auto const model = json::parse(made.body);
    EXPECT_EQ(model["name"], "gpu");
    EXPECT_EQ(model["display_name"], "Große Karte");
    EXPECT_EQ(model["user_options"], options);
    EXPECT_EQ(model["stopped"], true);
    EXPECT_EQ(model["started"], nullptr);
    EXPECT_EQ(shown("ada/servers/gpu"), model);
    EXPECT_THAT(rows(), ElementsAre("gpu:stopped"));
    EXPECT_EQ(newest_event(), "Server made (gpu)");
    EXPECT_EQ(spawner_.running(), 0U);
    EXPECT_EQ(call(ada_, "PUT", "ada/servers/gpu").status, 409U);
    EXPECT_EQ(call(ada_, "PUT", "ada/server").status, 409U);

    start("gpu");
    EXPECT_EQ(shown("ada/servers/gpu")["display_name"], "Große Karte") << "a start says nothing";
    EXPECT_EQ(shown("ada/servers/gpu")["user_options"], options);
    EXPECT_EQ(call(ada_, "PUT", "ada/servers/gpu").status, 409U);
}

TEST_F(ServerEditsTest, OneIsMadeOnlyWhereItMayBeStarted) {
    settings_.named_servers = 1;
    EXPECT_EQ(call(ada_, "PUT", "ada/servers/one").status, 201U);
    EXPECT_THAT(call(ada_, "PUT", "ada/servers/two").body, HasSubstr("maximum of 1 named"));
    EXPECT_EQ(call(ada_, "PUT", "ada/servers/lab").status, 400U);
    EXPECT_EQ(call(bob_, "PUT", "ada/servers/two").status, 404U);
    set_state(CourseState::Degrading);
    EXPECT_EQ(call(bob_, "PUT", "bob/servers/one").status, 409U);
    EXPECT_THAT(rows(), ElementsAre("one:stopped"));
}

TEST_F(ServerEditsTest, OneIsCalledByItsNameUntilSomebodyCallsItSomethingElse) {
    EXPECT_EQ(call(ada_, "POST", "ada/servers/gpu").status, 201U);
    EXPECT_EQ(shown("ada/servers/gpu")["display_name"], "gpu");
    EXPECT_EQ(call(ada_, "DELETE", "ada/servers/gpu").status, 204U);
    json const body{{"display_name", "数 1"}};
    EXPECT_EQ(call(ada_, "POST", "ada/servers/gpu", body.dump()).status, 201U);
    EXPECT_EQ(shown("ada/servers/gpu")["display_name"], "数 1");
    ServerLifecycle next(dependencies(), settings_);
    ASSERT_TRUE(await(next.recover()));
    EXPECT_EQ(next.find(key("gpu"))->record.display_name, "数 1");
    ASSERT_TRUE(await(next.close()));
}

TEST_F(ServerEditsTest, WhatAStoppedOneIsCalledAndItsOptionsChange) {
    EXPECT_EQ(call(ada_, "PUT", "ada/servers/gpu").status, 201U);
    EXPECT_EQ(edit("ada/servers/gpu", {{"display_name", "Karte"}}), 200U);
    EXPECT_EQ(edit("ada/servers/gpu", {{"user_options", {{"a", 1}}}}), 200U);
    EXPECT_EQ(shown("ada/servers/gpu")["display_name"], "Karte");
    EXPECT_EQ(shown("ada/servers/gpu")["user_options"], (json{{"a", 1}}));
    EXPECT_EQ(newest_event(), "Server changed (gpu)");
    EXPECT_EQ(edit("ada/servers/none", {{"display_name", "x"}}), 404U);
    EXPECT_EQ(call(bob_, "PATCH", "ada/servers/gpu", R"({"name": "mine"})").status, 404U);
}

TEST_F(ServerEditsTest, OneThatHasRunIsChangedToo) {
    start("gpu");
    auto const refused = call(ada_, "PATCH", "ada/servers/gpu", R"({"display_name": "Karte"})");
    EXPECT_EQ(refused.status, 400U);
    EXPECT_THAT(refused.body, HasSubstr("Please stop it before modifying it."));
    ASSERT_TRUE(await(servers_.stop(key("gpu"), "ada", "server_stopped", "")));
    EXPECT_EQ(edit("ada/servers/gpu", {{"display_name", "Karte"}}), 200U);
    EXPECT_EQ(shown("ada/servers/gpu")["display_name"], "Karte");
    EXPECT_NE(shown("ada/servers/gpu")["started"], nullptr);
    start("gpu");
    EXPECT_EQ(shown("ada/servers/gpu")["display_name"], "Karte");
}

TEST_F(ServerEditsTest, WithAnotherNameItIsFoundByThat) {
    settings_.named_servers = 1;
    start("gpu");
    ASSERT_TRUE(await(servers_.stop(key("gpu"), "ada", "server_stopped", "")));
    EXPECT_EQ(edit("ada/servers/gpu", {{"name", "cpu"}, {"display_name", "Ohne Karte"}}), 200U);
    EXPECT_THAT(rows(), ElementsAre("cpu:stopped"));
    EXPECT_EQ(shown("ada/servers/cpu")["display_name"], "Ohne Karte");
    EXPECT_EQ(newest_event(), "Server renamed, it was 'gpu' (cpu)");
    shown("ada/servers/gpu", 404);
    settings_.named_servers = 0;
    EXPECT_EQ(edit("ada/servers/cpu", {{"name", "gpu"}}), 400U);
    settings_.named_servers = 1;
    start("cpu");
    EXPECT_THAT(routes(), ElementsAre("/c/bio/user/ada/cpu"));
}

TEST_F(ServerEditsTest, OneOfMoreThanOneMayHaveNowCanStillBeRenamed) {
    settings_.named_servers = 2;
    EXPECT_EQ(call(ada_, "PUT", "ada/servers/one").status, 201U);
    EXPECT_EQ(call(ada_, "PUT", "ada/servers/two").status, 201U);
    settings_.named_servers = 1;
    EXPECT_EQ(edit("ada/servers/one", {{"name", "three"}}), 200U);
    EXPECT_THAT(rows(), ElementsAre("three:stopped", "two:stopped"));
}

TEST_F(ServerEditsTest, OneWhoseEndIsNotWrittenYetWaits) {
    start("gpu");
    auto const server = servers_.find(key("gpu"));
    ASSERT_TRUE(await(servers_.stop(key("gpu"), "ada", "server_stopped", "")));
    server->unsaved = true;
    EXPECT_EQ(edit("ada/servers/gpu", {{"name", "cpu"}}), 503U);
    ASSERT_TRUE(await(servers_.save_again()));
    EXPECT_EQ(edit("ada/servers/gpu", {{"name", "cpu"}}), 200U);
    EXPECT_THAT(rows(), ElementsAre("cpu:stopped"));
}

TEST_F(ServerEditsTest, ATokenForOneNameGivesItNoOther) {
    EXPECT_EQ(call(ada_, "PUT", "ada/servers/gpu").status, 201U);
    let_token_of("ada", "start:servers!server=ada/gpu");
    EXPECT_EQ(edit("ada/servers/gpu", {{"name", "cpu"}}), 404U);
    EXPECT_EQ(edit("ada/servers/gpu", {{"display_name", "Karte"}}), 200U);
    EXPECT_THAT(rows(), ElementsAre("gpu:stopped"));
}

TEST_F(ServerEditsTest, WhatChangesNothingIsNotWrittenDown) {
    EXPECT_EQ(call(ada_, "PUT", "ada/servers/gpu").status, 201U);
    EXPECT_EQ(edit("ada/servers/gpu", {{"display_name", ""}}), 200U);
    EXPECT_EQ(edit("ada/servers/gpu", {{"name", nullptr}}), 200U);
    EXPECT_EQ(newest_event(), "Server made (gpu)");
}

TEST_F(ServerEditsTest, ANameThatIsTakenOrNoneIsRefused) {
    settings_.named_servers = 2;
    EXPECT_EQ(call(ada_, "PUT", "ada/servers/one").status, 201U);
    EXPECT_EQ(call(ada_, "PUT", "ada/servers/two").status, 201U);
    EXPECT_EQ(edit("ada/servers/one", {{"name", "two"}}), 409U);
    EXPECT_EQ(edit("ada/servers/one", {{"name", "one"}}), 409U);
    for (auto const* const name : {"", "lab", "a/b", "..", "\x01"})
        EXPECT_EQ(edit("ada/servers/one", {{"name", name}}), 400U) << name;
    EXPECT_THAT(rows(), ElementsAre("one:stopped", "two:stopped"));
}

TEST_F(ServerEditsTest, TheDefaultOneUnderAnotherNameIsOneMore) {
    settings_.named_servers = 1;
    start("");
    ASSERT_TRUE(await(servers_.stop(key(""), "ada", "server_stopped", "")));
    EXPECT_EQ(call(ada_, "PUT", "ada/servers/one").status, 201U);
    EXPECT_EQ(edit("ada/server", {{"name", "two"}}), 400U);
    EXPECT_THAT(rows(), ElementsAre(":stopped", "one:stopped"));
    settings_.named_servers = 2;
    EXPECT_EQ(edit("ada/server", {{"name", "two"}}), 200U);
    EXPECT_THAT(rows(), ElementsAre("one:stopped", "two:stopped"));
}

TEST_F(ServerEditsTest, WhatIsNoEditIsRefused) {
    EXPECT_EQ(call(ada_, "PUT", "ada/servers/gpu").status, 201U);
    for (auto const* const body : {"", "{}", "[]", "{", R"({"state": "running"})", R"({"name": 1})",
                                   R"({"display_name": 1})", R"({"display_name": "a  b"})",
                                   R"({"user_options": []})", R"({"user_options": null})"})
        EXPECT_EQ(call(ada_, "PATCH", "ada/servers/gpu", body).status, 400U) << body;
    EXPECT_EQ(call(ada_, "PUT", "ada/servers/b", R"({"display_name": " b"})").status, 400U);
    EXPECT_EQ(call(ada_, "PUT", "ada/servers/b", R"({"display_name": null})").status, 400U);
    EXPECT_EQ(call(ada_, "POST", "ada/servers/b", R"({"display_name": "\u202eb"})").status, 400U);
    EXPECT_THAT(rows(), ElementsAre("gpu:stopped"));
}

}  // namespace carrel
