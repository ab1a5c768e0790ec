/// A person's second server: all that the first one has, and what only the second one needs.

#include "hub/named_servers_fixture.hpp"

#include <gmock/gmock.h>

namespace carrel {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class NamedServersTest : public NamedServersFixture {};

TEST_F(NamedServersTest, RunBesideTheDefaultOneInTheSameHome) {
    start("");
    start("my gpu");
    EXPECT_THAT(rows(), ElementsAre(":running", "my gpu:running"));
    EXPECT_THAT(routes(), ElementsAre("/c/bio/user/ada", "/c/bio/user/ada/my gpu"));
    auto const& [first, second] = std::tie(spawner_.started[0], spawner_.started[1]);
    EXPECT_EQ(second.base_url, "/c/bio/user/ada/my%20gpu/");
    EXPECT_EQ(first.home, second.home);
    EXPECT_EQ(first.number, second.number);
    EXPECT_NE(first.id, second.id);
    EXPECT_NE(first.secret, second.secret);
}

TEST_F(NamedServersTest, KeepWhatTheirStarterSaidUntilTheNextOneSaysSomethingElse) {
    auto const options = [&](std::string const& body) {
        EXPECT_EQ(call(ada_, "POST", "ada/servers/gpu", body).status, 201U);
        auto const shown = model(ada_)["servers"]["gpu"]["user_options"];
        EXPECT_EQ(call(ada_, "DELETE", "ada/servers/gpu").status, 204U);
        return shown;
    };
    json const big{{"profile", "big"}, {"gpus", 2}};
    json const small{{"profile", "small"}};
    EXPECT_EQ(options(""), json::object());
    EXPECT_EQ(options(big.dump()), big);
    EXPECT_EQ(options(""), big);
    EXPECT_EQ(model(ada_, "?include_stopped_servers")["servers"]["gpu"]["user_options"], big);
    EXPECT_EQ(options(json{{"user_options", small}}.dump()), small);
    EXPECT_EQ(options(json{{"display_name", "GPU"}}.dump()), small);
    EXPECT_EQ(options("{}"), json::object());
}

TEST_F(NamedServersTest, AreNotStartedWithOptionsThatCannotBeKept) {
    std::string const wrong[] = {R"({"user_options": 3})", R"({"display_name": 3})",
                                 json{{"profile", std::string(70'000, 'x')}}.dump(), "[1]", "{"};
    for (auto const& body : wrong)
        EXPECT_EQ(call(ada_, "POST", "ada/servers/gpu", body).status, 400U) << body.substr(0, 40);
    EXPECT_TRUE(rows().empty());
}

TEST_F(NamedServersTest, AnIdIsShortEnoughForAFileHoweverLongTheName) {
    std::string name;
    while (name.size() + 3 <= 255) name += "数";
    start(name);
    ASSERT_EQ(spawner_.started.size(), 1U);
    EXPECT_LT(spawner_.started[0].id.size(), 200U);
    start(name.substr(3));
    EXPECT_NE(spawner_.started[0].id, spawner_.started[1].id);
}

TEST_F(NamedServersTest, AreStartedStoppedAndRemovedByTheirRows) {
    EXPECT_EQ(call(ada_, "POST", "ada/servers/gpu").status, 201U);
    auto const again = call(ada_, "POST", "ada/servers/gpu");
    EXPECT_EQ(again.status, 400U);
    EXPECT_THAT(again.body, HasSubstr("ada/gpu is already running"));
    EXPECT_EQ(call(ada_, "DELETE", "ada/servers/gpu").status, 204U);
    EXPECT_THAT(rows(), ElementsAre("gpu:stopped"));
    EXPECT_EQ(call(ada_, "DELETE", "ada/servers/gpu").status, 204U) << "stopped is stopped";
    EXPECT_EQ(call(ada_, "DELETE", "ada/servers/gpu", R"({"remove": true})").status, 204U);
    EXPECT_THAT(rows(), ElementsAre());
    auto const gone = call(ada_, "DELETE", "ada/servers/gpu");
    EXPECT_EQ(gone.status, 404U);
    EXPECT_THAT(gone.body, HasSubstr("ada has no server named 'gpu'"));
    EXPECT_EQ(call(ada_, "POST", "ada/server").status, 201U);
    EXPECT_EQ(call(ada_, "DELETE", "ada/server", R"({"remove": true})").status, 400U);
    EXPECT_THAT(rows(), ElementsAre(":running"));
}

TEST_F(NamedServersTest, ARunningOneIsStoppedWhenItIsRemoved) {
    start("");
    start("gpu");
    EXPECT_EQ(call(ada_, "DELETE", "ada/servers/gpu", R"({"remove": true})").status, 204U);
    EXPECT_THAT(rows(), ElementsAre(":running"));
    EXPECT_THAT(routes(), ElementsAre("/c/bio/user/ada"));
    EXPECT_EQ(spawner_.running(), 1U);
    EXPECT_FALSE(servers_.find(key("gpu")));
}

TEST_F(NamedServersTest, BelongToTheirOwner) {
    start("gpu");
    for (auto const* method : {"POST", "DELETE"})
        EXPECT_EQ(call(bob_, method, "ada/servers/gpu").status, 404U) << method;
    EXPECT_EQ(call(bob_, "GET", "ada/servers/gpu/progress").status, 404U);
    EXPECT_EQ(call(lea_, "DELETE", "ada/servers/gpu").status, 204U);
}

TEST_F(NamedServersTest, NamesThatAnAddressCannotHaveAreRefused) {
    for (auto const* name : {"a%2Fb", "a%5Cb", "%01", "%ff", "lab", "..;x"})
        EXPECT_EQ(call(ada_, "POST", "ada/servers/" + std::string(name)).status, 400U) << name;
    EXPECT_EQ(call(ada_, "POST", "ada/servers/" + std::string(256, 'x')).status, 400U);
    for (auto const* name : {".", "..", "%2e%2e", ""})
        EXPECT_GE(call(ada_, "POST", "ada/servers/" + std::string(name)).status, 400U) << name;
    EXPECT_THAT(rows(), ElementsAre());
}

TEST_F(NamedServersTest, AreNoMoreThanOneMayHave) {
    settings_.named_servers = 2;
    start("");
    EXPECT_EQ(call(ada_, "POST", "ada/servers/one").status, 201U);
    EXPECT_EQ(call(ada_, "POST", "ada/servers/two").status, 201U);
    auto const refused = call(ada_, "POST", "ada/servers/three");
    EXPECT_EQ(refused.status, 400U);
    EXPECT_THAT(refused.body, HasSubstr("maximum of 2 named servers"));
    EXPECT_EQ(call(ada_, "DELETE", "ada/servers/one").status, 204U);
    EXPECT_EQ(call(ada_, "POST", "ada/servers/three").status, 400U) << "stopped counts";
    EXPECT_EQ(call(ada_, "POST", "ada/servers/one").status, 201U) << "one that is there does not";
    EXPECT_EQ(call(ada_, "DELETE", "ada/servers/one", R"({"remove": true})").status, 204U);
    EXPECT_EQ(call(ada_, "POST", "ada/servers/three").status, 201U);
}

TEST_F(NamedServersTest, CanBeSwitchedOff) {
    settings_.named_servers = 0;
    auto const refused = call(ada_, "POST", "ada/servers/gpu");
    EXPECT_EQ(refused.status, 400U);
    EXPECT_THAT(refused.body, HasSubstr("Named servers are not enabled."));
    EXPECT_EQ(call(ada_, "POST", "ada/server").status, 201U);
}

TEST_F(NamedServersTest, AreInTheModelStoppedOnesOnlyOnDemand) {
    start("");
    start("my gpu");
    ASSERT_TRUE(await(servers_.stop(key(""), "ada", "server_stopped", "")));
    auto shown = model(ada_)["servers"];
    ASSERT_EQ(shown.size(), 1U);
    auto const& one = shown["my gpu"];
    EXPECT_EQ(one["full_name"], "ada/my gpu");
    EXPECT_EQ(one["url"], "/c/bio/user/ada/my%20gpu/");
    EXPECT_EQ(one["progress_url"], "/c/bio/hub/api/users/ada/servers/my%20gpu/progress");
    EXPECT_EQ(one["ready"], true);
    ASSERT_TRUE(await(servers_.stop(key("my gpu"), "ada", "server_stopped", "")));
    EXPECT_EQ(model(ada_)["servers"].size(), 0U);
    EXPECT_EQ(model(ada_, "?include_stopped_servers=0")["servers"].size(), 0U);
    shown = model(ada_, "?include_stopped_servers")["servers"];
    ASSERT_EQ(shown.size(), 2U);
    EXPECT_EQ(shown["my gpu"]["stopped"], true);
    EXPECT_EQ(shown["my gpu"]["ready"], false);
    EXPECT_EQ(model(ada_, "?include_stopped_servers")["server"], nullptr);
}

TEST_F(NamedServersTest, ProgressIsThatOfTheServerAskedFor) {
    start("");
    EXPECT_EQ(call(ada_, "GET", "ada/servers/gpu/progress").status, 404U);
    start("gpu");
    EXPECT_EQ(call(ada_, "GET", "ada/servers/gpu/progress").status, 200U);
}

TEST_F(NamedServersTest, AreFoundAgainByTheNextControlProcess) {
    start("");
    start("gpu");
    ServerLifecycle next(dependencies(), settings_);
    ASSERT_TRUE(await(next.recover()));
    auto const found = next.find(key("gpu"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->owner.route({}), "/c/bio/user/ada/gpu");
    EXPECT_EQ(next.active_of(course_.id, ada_.id).size(), 2U);
    proxy_.restart();
    Reconciler reconciler(dependencies(), next);
    ASSERT_TRUE(await(reconciler.pass()));
    EXPECT_THAT(routes(), ElementsAre("/c/bio/user/ada", "/c/bio/user/ada/gpu"));
    ASSERT_TRUE(await(next.close()));
}

TEST_F(NamedServersTest, KeepTheirRoutesWhateverTheyAreCalled) {
    start("räume 2@x");
    servers_.set_routes_uncertain(true);
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_THAT(routes(), ElementsAre("/c/bio/user/ada/räume 2@x"));
    ASSERT_TRUE(await(servers_.stop(key("räume 2@x"), "ada", "server_stopped", "")));
    EXPECT_THAT(routes(), ElementsAre());
}

TEST_F(NamedServersTest, EndWithTheCourse) {
    start("");
    start("gpu");
    set_state(CourseState::Degrading);
    ASSERT_TRUE(await(reconciler_.pass()));
    run_until([&] { return spawner_.running() == 0; });
    run_until([&] { return rows() == std::vector<std::string>{":stopped", "gpu:stopped"}; });
}

TEST_F(NamedServersTest, EndWithTheirOwnersPlaceInTheCourse) {
    start("");
    start("gpu");
    admit(ada_, ApplicationState::Rejected);
    ASSERT_TRUE(store_->write([&](Transaction& t) {
        return t.outbox().add({.kind = "remove_participant",
                               .payload = R"({"course":"id-bio","user":"id-ada"})",
                               .created_at = clock_.now(),
                               .due_at = clock_.now()});
    }));
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_EQ(spawner_.running(), 0U);
    EXPECT_THAT(proxy_.revoked_users,
                UnorderedElementsAre("/c/bio/user/ada ada", "/c/bio/user/ada/gpu ada"));
}

TEST_F(NamedServersTest, EventsSayWhichServerTheyAreAbout) {
    start("gpu");
    auto const events =
        store_->read([](Transaction& t) { return t.events().newest(0, 2); }).value();
    EXPECT_EQ(events.at(0).message, "Server started (gpu)");
    EXPECT_EQ(events.at(0).detail, R"({"server":"gpu"})");
    EXPECT_EQ(events.at(1).message, "Server requested (gpu)");
}

TEST_F(NamedServersTest, OneThatCannotBeStoppedIsNotRemovedLater) {
    auto const server = start("gpu");
    spawner_.never_stops = server->record.spawner_state;
    EXPECT_GE(call(ada_, "DELETE", "ada/servers/gpu", R"({"remove": true})").status, 500U);
    spawner_.never_stops.clear();
    EXPECT_EQ(call(ada_, "DELETE", "ada/servers/gpu").status, 204U);
    EXPECT_THAT(rows(), ElementsAre("gpu:stopped"));
}

}  // namespace carrel
