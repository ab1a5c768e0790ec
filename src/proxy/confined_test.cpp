#include "proxy/message/cookies.hpp"
#include "proxy/testing/peers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel::proxy {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A person's server that lets visitors in by itself, and tries what it can.
class Confined : public testing::Test {
protected:
    ScriptedUpstream upstream_{[](Peer& peer) {
        auto const head = peer.read_head();
        peer.send(
            "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(head.size()) +
            "\r\nSet-Cookie: jupyterhub-user-ada=x; Path=/c/bio/user/ada/\r\n"
            "Set-Cookie: jupyterhub-session-id=evil; Path=/c/bio/user/ada/\r\n"
            "Set-Cookie: JupyterHub-Session-Id=evil; Path=/\r\n"
            "Set-Cookie: jupyterhub-hub-login=evil\r\nSet-Cookie: =jupyterhub-session-id=evil\r\n"
            "Set-Cookie: carrel_session=evil\r\nClear-Site-Data: evil\r\n"
            "Service-Worker-Allowed: evil\r\n\r\n" +
            head);
    }};
    TestProxy proxy_;
};

TEST_F(Confined, SpeaksForItsOwnPathAloneAndSeesNoCookieOfCarrel) {
    proxy_.add_route("/c/bio/user/ada", upstream_.url(), R"(,"confined":true)");
    auto const answer =
        proxy_.get("/c/bio/user/ada/lab",
                   "Cookie: carrel_session=s; jupyterhub-session-id=1; jupyterhub-user-ada=y\r\n"
                   "Authorization: token of-the-visitor\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(answer, HasSubstr("Set-Cookie: jupyterhub-user-ada=x; Path=/c/bio/user/ada/\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("evil")));
    EXPECT_THAT(answer,
                HasSubstr("\r\nCookie: jupyterhub-session-id=1; jupyterhub-user-ada=y\r\n"));
    EXPECT_THAT(answer, HasSubstr("Authorization: token of-the-visitor\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("carrel_session")));
}

TEST_F(Confined, IsNotAHubThatSetsItsOwnCookies) {
    proxy_.add_route("/", upstream_.url());
    EXPECT_THAT(proxy_.get("/hub/login"), HasSubstr("Set-Cookie: jupyterhub-session-id=evil"));
}

TEST_F(Confined, IsSaidByTrueAndNothingElse) {
    EXPECT_THAT(
        proxy_.api("POST", "/api/routes/x", R"({"target":"http://127.0.0.1:1","confined":"yes"})"),
        StartsWith("HTTP/1.1 400"));
}

TEST(HubCookies, AreKnownHoweverTheyAreSet) {
    for (auto const* set :
         {"jupyterhub-session-id=x", " jupyterhub-session-id = x; Path=/",
          "JUPYTERHUB-SESSION-ID=x", "jupyterhub-hub-login=", "jupyterhub-session-id",
          "=jupyterhub-session-id=x", "= jupyterhub-hub-login"})
        EXPECT_TRUE(sets_hub_cookie(set)) << set;
    for (auto const* set : {"", "jupyterhub-user-ada=x", "a=jupyterhub-session-id=x", "_xsrf=x",
                            "jupyterhub-session-id2=x", "a; jupyterhub-session-id=x"})
        EXPECT_FALSE(sets_hub_cookie(set)) << set;
}

}  // namespace
}  // namespace carrel::proxy
