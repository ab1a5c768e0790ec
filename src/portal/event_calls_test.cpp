#include "portal/test_portal.hpp"

#include <boost/asio/co_spawn.hpp>

namespace carrel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// A client that reads until it has seen enough, and then goes away.
class HastyClient final : public http::Stream {
public:
    explicit HastyClient(std::function<bool(std::string const&)> enough)
        : enough_(std::move(enough)) {}
    Task<> write(std::string data) override {
        text += data;
        if (enough_(text)) co_return fail(Code::Cancelled, "the client is gone");
        co_return Result<>();
    }
    std::string text;

private:
    std::function<bool(std::string const&)> enough_;
};

class EventCallsTest : public ::testing::Test {
protected:
    EventCallsTest() {
        portal_.add_user("root", true);
        portal_.add_user("lea", false, true);
        portal_.add_user("ada");
        portal_.add_user("bob");
        lea_ = portal_.log_in("lea");
        ada_ = portal_.log_in("ada");
        EXPECT_EQ(portal_.call(lea_, "POST", "/courses", portal_.course()).status, 201U);
        EXPECT_EQ(portal_.call(portal_.log_in("root"), "POST", "/courses/biology/accept").status,
                  200U);
        auto const code = portal_.find_course("biology").invitation_code;
        for (auto const& caller : {ada_, portal_.log_in("bob")})
            EXPECT_EQ(portal_.call(caller, "POST", "/invitations/" + code + "/applications").status,
                      201U);
    }
    std::vector<std::string> kinds(Caller const& caller, std::string const& query = "") {
        auto const answer = portal_.call(caller, "GET", "/courses/biology/events" + query);
        EXPECT_EQ(answer.status, 200U) << answer.problem();
        std::vector<std::string> kinds;
        for (auto const& item : answer.body["items"])
            kinds.push_back(item["kind"].get<std::string>() + " " +
                            item.value("/subject"_json_pointer, nlohmann::json()).dump());
        return kinds;
    }
    http::Request stream_request(Caller const& caller, std::string const& last_id = "") {
        auto request = portal_.request("GET", "/api/v1/courses/biology/events", "", caller);
        request.headers.set("Accept", "text/event-stream");
        if (!last_id.empty()) request.headers.set("Last-Event-ID", last_id);
        return request;
    }
    /// Runs the stream's coroutine until it ends.
    static void follow(http::Response const& response, http::Stream& stream) {
        asio::io_context context;
        auto done = asio::co_spawn(context, response.stream(stream), asio::use_future);
        context.run();
        auto const ended = done.get();
        EXPECT_TRUE(ended || ended.error().code == Code::Cancelled);
    }
    TestPortal portal_;
    Caller lea_;
    Caller ada_;
};

TEST_F(EventCallsTest, WhyACourseFailedIsForThoseWhoManageIt) {
    auto course = portal_.find_course("biology");
    course.state = CourseState::Failed;
    course.reason = "export the home of bob: love-letter.txt changes while it is read";
    Event failed;
    failed.kind = "failed";
    failed.course = course.id;
    failed.message = course.reason;
    portal_.store().write([&](Transaction& transaction) -> Result<> {
        TRY_VOID(transaction.courses().update(course));
        TRY_VOID(transaction.events().append(failed));
        return {};
    });
    auto const seen_by = [&](Caller const& caller) {
        return portal_.call(caller, "GET", "/courses/biology").body["reason"];
    };
    EXPECT_EQ(seen_by(lea_), course.reason);
    EXPECT_EQ(seen_by(ada_), nullptr);
    EXPECT_THAT(kinds(lea_), ::testing::Contains(HasSubstr("failed")));
    EXPECT_THAT(kinds(ada_), Not(::testing::Contains(HasSubstr("failed"))));
}

TEST_F(EventCallsTest, TellsLeadersEverythingOldestFirst) {
    EXPECT_THAT(kinds(lea_), ElementsAre("course_requested null", "course_accepted null",
                                         "application_made \"ada\"", "application_made \"bob\""));
}

TEST_F(EventCallsTest, TellsOthersAboutTheCourseAndThemselves) {
    EXPECT_THAT(kinds(ada_), ElementsAre("course_requested null", "course_accepted null",
                                         "application_made \"ada\""));
}

TEST_F(EventCallsTest, ListsByPage) {
    auto const first = portal_.call(lea_, "GET", "/courses/biology/events?limit=3").body;
    EXPECT_EQ(first["items"].size(), 3U);
    EXPECT_THAT(kinds(lea_, "?after=" + first["next"].get<std::string>()),
                ElementsAre("application_made \"bob\""));
    EXPECT_EQ(portal_.call(ada_, "GET", "/courses/biology/events?limit=3").body["next"], nullptr);
}

TEST_F(EventCallsTest, StreamsWhatHappenedAndWhatHappens) {
    auto const response = portal_.send(stream_request(lea_));
    ASSERT_EQ(response.status, 200U) << response.body;
    EXPECT_EQ(response.headers.get("content-type"), "text/event-stream");
    HastyClient client([&](std::string const& text) {
        // Once it has caught up, something new happens.
        if (text.find("bob") != std::string::npos && text.find("rotated") == std::string::npos)
            EXPECT_EQ(portal_.call(lea_, "POST", "/courses/biology/invitation/rotate").status,
                      200U);
        return text.find("invitation_rotated") != std::string::npos;
    });
    follow(response, client);
    EXPECT_THAT(client.text, HasSubstr("course_requested"));
    auto const rotated = portal_.store().events()[0];
    EXPECT_THAT(client.text, HasSubstr(fmt::format("id: {}\ndata: {{", rotated.id)));
}

TEST_F(EventCallsTest, GoesOnWhereTheClientLeftOff) {
    auto const all = portal_.call(lea_, "GET", "/courses/biology/events").body["items"];
    auto const third = std::to_string(all[2]["id"].get<long long>());
    HastyClient client(
        [](std::string const& text) { return text.find("bob") != std::string::npos; });
    follow(portal_.send(stream_request(lea_, third)), client);
    EXPECT_THAT(client.text, Not(HasSubstr("ada")));
    EXPECT_EQ(portal_.send(stream_request(lea_, "x")).status, 400U);
}

TEST_F(EventCallsTest, EndsTheStreamWithTheLogin) {
    bool logged_out = false;
    HastyClient client([&](std::string const& text) {
        if (!logged_out && text.find("accepted") != std::string::npos) {
            logged_out = true;
            EXPECT_EQ(portal_.call(lea_, "DELETE", "/session").status, 204U);
        }
        return false;
    });
    follow(portal_.send(stream_request(lea_)), client);  // returns, or the test hangs
    EXPECT_TRUE(logged_out);
}

TEST_F(EventCallsTest, ShowsAStreamOnlyToThoseWhoSeeTheCourse) {
    portal_.add_user("eve");
    EXPECT_EQ(portal_.send(stream_request(portal_.log_in("eve"))).status, 404U);
    EXPECT_EQ(portal_.send(stream_request({})).status, 401U);
}

}  // namespace
}  // namespace carrel
