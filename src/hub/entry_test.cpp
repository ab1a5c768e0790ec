#include "hub/entry.hpp"

#include "auth/logins.hpp"
#include "auth/secret.hpp"
#include "base/text.hpp"
#include "http/edge_token.hpp"
#include "hub/hub_fixture.hpp"
#include "hub/revocations.hpp"

#include <gmock/gmock.h>

namespace carrel {

using testing::HasSubstr;
using testing::StartsWith;

/// The way into ada's running server, asked with API tokens.
class EntryTest : public HubFixture {
protected:
    EntryTest() {
        admit(ada_);
        entry_.add_routes(router_);
        auto const server = await(servers_.start(server_of(ada_), "ada")).value();
        run_until([&] { return server->progress.latest().over(); });
    }

    std::string token_of(User const& user, std::optional<Time> expires_at = {}) {
        auto const secret = make_token_secret(random_);
        Token const token{.id = TokenId(random_.uuid()),
                          .secret_hash = hash_secret(secret),
                          .user = user.id,
                          .scopes = format_scopes(all_scopes()),
                          .created_at = clock_.now(),
                          .expires_at = expires_at};
        EXPECT_TRUE(store_->write([&](Transaction& t) { return t.tokens().insert(token); }));
        return secret;
    }

    http::Response enter(std::string const& token, std::string const& next) {
        http::Request request{.method = "GET",
                              .target = "/c/bio/hub/enter?next=" + percent_encode(next),
                              .path = "/c/bio/hub/enter",
                              .headers = {{"Accept", "text/html"}}};
        if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
        auto answer = [](http::Router& router, http::Request asked) -> Task<http::Response> {
            co_return co_await router.handle(asked);
        };
        return await(answer(router_, std::move(request))).value();
    }

    /// The edge token in an answer's cookie.
    http::EdgeToken edge_token_in(http::Response const& answer) {
        auto const cookie = split(answer.headers.get("Set-Cookie"), ';')[0];
        return http::verify_edge_token(cookie.substr(cookie.find('=') + 1), key_, clock_.now())
            .value();
    }

    std::string key_ = std::string(32, 'k');
    Gate gate_{*store_, clock_, random_};
    ServerLifecycle servers_{dependencies(), settings_};
    Entry entry_{dependencies(), gate_, servers_, key_};
    http::Router router_{pool_};
};

TEST_F(EntryTest, OwnerGetsATokenForThisRouteAndGoesOn) {
    auto const answer = enter(token_of(ada_), "/c/bio/user/ada/lab?reset");
    EXPECT_EQ(answer.status, 302U);
    EXPECT_EQ(answer.headers.get("Location"), "/c/bio/user/ada/lab?reset");
    EXPECT_THAT(std::string(answer.headers.get("Set-Cookie")),
                testing::AllOf(HasSubstr("Path=/c/bio/user/ada/"), HasSubstr("HttpOnly")));
    auto const token = edge_token_in(answer);
    EXPECT_EQ(token.route, "/c/bio/user/ada");
    EXPECT_EQ(token.user, "ada");
    EXPECT_EQ(token.expires, clock_.now() + edge_token_lasts);
}

TEST_F(EntryTest, RightToEnterEndsWithTheLogin) {
    auto const end = clock_.now() + Seconds(60);
    EXPECT_EQ(edge_token_in(enter(token_of(ada_, end), "/c/bio/user/ada/")).expires, end);
}

TEST_F(EntryTest, StrangersAreRefusedAndNobodyIsSentToLogIn) {
    auto const bob = add_user("bob");
    EXPECT_EQ(enter(token_of(bob), "/c/bio/user/ada/").status, 403U);
    auto const nobody = enter("", "/c/bio/user/ada/");
    EXPECT_EQ(nobody.status, 302U);
    EXPECT_THAT(std::string(nobody.headers.get("Location")), StartsWith("/login?next="));
}

TEST_F(EntryTest, LeadersEntryIsInTheAuditLog) {
    EXPECT_EQ(enter(token_of(lea_), "/c/bio/user/ada/").status, 302U);
    auto const events =
        store_->read([](Transaction& t) { return t.events().newest(0, 1); }).value();
    EXPECT_EQ(events.at(0).kind, "server_entered");
    EXPECT_EQ(events.at(0).actor, "lea");
    EXPECT_EQ(events.at(0).subject, "ada");
}

TEST_F(EntryTest, NoPlaceElsewhereIsGoneOnTo) {
    auto const token = token_of(ada_);
    for (auto const* next :
         {"", "https://evil.example/", "//evil.example/c/bio/user/ada/", "/login"})
        EXPECT_EQ(enter(token, next).status, 400U) << next;
}

TEST_F(EntryTest, StoppedServerLeadsToThePageThatStartsIt) {
    ASSERT_TRUE(await(servers_.stop({course_.id, ada_.id, ""}, "ada", "server_stopped", "")));
    auto const answer = enter(token_of(ada_), "/c/bio/user/ada/lab");
    EXPECT_EQ(answer.status, 302U);
    EXPECT_EQ(answer.headers.get("Location"),
              "/courses/bio?start=ada&next=%2Fc%2Fbio%2Fuser%2Fada%2Flab");
    EXPECT_TRUE(answer.headers.get("Set-Cookie").empty());
}

}  // namespace carrel
