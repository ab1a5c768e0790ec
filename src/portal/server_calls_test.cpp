#include "portal/test_portal.hpp"

namespace carrel {
namespace {

class ServerCallsTest : public ::testing::Test {
protected:
    ServerCallsTest() {
        portal_.add_user("lea", false, true);
        lea_ = portal_.log_in("lea");
        EXPECT_EQ(portal_.call(lea_, "POST", "/courses", portal_.course()).status, 201U);
        portal_.change_course("biology", [](Course& row) { row.state = CourseState::Deployed; });
        for (auto const* const name : {"ada", "bob"}) {
            portal_.add_user(name);
            portal_.store().write([&](Transaction& transaction) -> Result<> {
                Application application;
                application.course = portal_course(transaction);
                application.user = UserId("id-of-" + std::string(name));
                application.state = ApplicationState::Accepted;
                application.applied_at = portal_.clock().now();
                return transaction.applications().insert(application);
            });
        }
    }
    static CourseId portal_course(Transaction& transaction) {
        return transaction.courses().find_by_slug("biology").value().id;
    }
    void put(ServerState state, std::string const& message, std::string const& log_tail,
             std::string const& name = "") {
        portal_.store().write([&](Transaction& transaction) -> Result<> {
            ServerRecord row;
            row.course = portal_course(transaction);
            row.user = UserId("id-of-ada");
            row.name = name;
            row.state = state;
            row.state_since = portal_.clock().now();
            row.message = message;
            row.log_tail = log_tail;
            row.secret = "between the proxy and the server";
            return transaction.servers().put(row);
        });
    }
    Answer look(Caller const& caller, std::string const& name) {
        return portal_.call(caller, "GET", "/courses/biology/servers/" + name);
    }
    TestPortal portal_;
    Caller lea_;
};

TEST_F(ServerCallsTest, TellsWhyAServerFailedUntilItIsStartedAgain) {
    auto const ada = portal_.log_in("ada");
    EXPECT_EQ(look(ada, "ada").body["state"], "stopped") << "never started";
    put(ServerState::Failed, "the server ran out of memory", "Killed");
    auto const failed = look(ada, "ada").body;
    EXPECT_EQ(failed["state"], "failed");
    EXPECT_EQ(failed["message"], "the server ran out of memory");
    EXPECT_EQ(failed["log_tail"], "Killed");
    EXPECT_FALSE(failed.contains("secret"));
    put(ServerState::Queued, "", "");
    EXPECT_EQ(look(ada, "ada").body["message"], nullptr);
}

TEST_F(ServerCallsTest, TellsTheOwnerAndLeadersAlone) {
    put(ServerState::Failed, "the server ran out of memory", "a line of the own log");
    EXPECT_EQ(look(lea_, "ada").body["state"], "failed");
    EXPECT_EQ(look(lea_, "nobody-here").status, 404U);
    auto const bob = portal_.log_in("bob");
    EXPECT_EQ(look(bob, "ada").status, 403U);
    EXPECT_EQ(look(bob, "nobody-here").status, 403U);
    portal_.add_user("eve");
    EXPECT_EQ(look(portal_.log_in("eve"), "eve").status, 404U) << "the course is not hers to see";
}

TEST_F(ServerCallsTest, TellsOfAServerByItsName) {
    put(ServerState::Failed, "the server ran out of memory", "Killed", "my @gpu");
    auto const ada = portal_.log_in("ada");
    auto const found = look(ada, "ada/my%20@gpu").body;
    EXPECT_EQ(found["message"], "the server ran out of memory");
    EXPECT_EQ(found["url"], "/c/biology/user/ada/my%20@gpu/");
    EXPECT_EQ(look(ada, "ada").body["state"], "stopped");
    EXPECT_EQ(look(ada, "ada/none").status, 404U);
    EXPECT_EQ(look(portal_.log_in("bob"), "ada/my%20@gpu").status, 403U);
}

TEST_F(ServerCallsTest, TellsTheOwnerWhoEnteredAndWhen) {
    portal_.store().write([&](Transaction& transaction) -> Result<> {
        Event event;
        event.at = portal_.clock().now();
        event.kind = "server_entered";
        event.course = portal_course(transaction);
        event.actor = "lea";
        event.subject = "ada";
        TRY_VOID(transaction.events().append(event));
        event.actor = "bob";
        event.detail = R"({"server":"gpu"})";
        TRY_VOID(transaction.events().append(event));
        event.subject = "bob";
        TRY_VOID(transaction.events().append(event));
        return {};
    });
    auto const visits = [&](std::string const& who) {
        return portal_.call(portal_.log_in(who), "GET", "/courses/biology/visits/ada");
    };
    auto const items = visits("ada").body["items"];
    ASSERT_EQ(items.size(), 2U);
    EXPECT_EQ(items[0]["visitor"], "bob");
    EXPECT_EQ(items[0]["server"], "gpu");
    EXPECT_EQ(items[1]["visitor"], "lea");
    EXPECT_EQ(items[1]["server"], "");
    EXPECT_EQ(visits("lea").body["items"].size(), 2U);
    EXPECT_EQ(visits("bob").status, 403U);
}

}  // namespace
}  // namespace carrel
