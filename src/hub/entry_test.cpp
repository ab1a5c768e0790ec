#include "hub/entry.hpp"

#include "auth/logins.hpp"
#include "auth/secret.hpp"
#include "base/encoding.hpp"
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
        start("");
    }

    void start(std::string const& name) {
        auto const server = await(servers_.start({course_, ada_, name}, "ada")).value();
        run_until([&] { return server->progress.latest().over(); });
        ASSERT_TRUE(server->progress.latest().ready) << server->progress.latest().message;
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
        return ask(token, std::move(request));
    }
    http::Response ask(std::string const& token, http::Request request) {
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
    jupyterhub::CallerGate callers_{*store_, gate_, clock_};
    Entry entry_{dependencies(), callers_, servers_, key_};
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
    EXPECT_THAT(std::string(nobody.headers.get("Location")), StartsWith("/c/bio/hub/login?next="));
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

TEST_F(EntryTest, NamedServerHasATokenAndACookieOfItsOwn) {
    start("a b@c");
    auto const next = "/c/bio/user/ada/a%20b@c/lab";
    auto const answer = enter(token_of(ada_), next);
    EXPECT_EQ(answer.headers.get("Location"), next);
    EXPECT_THAT(std::string(answer.headers.get("Set-Cookie")),
                HasSubstr("Path=/c/bio/user/ada/a%20b@c/"));
    // Decoded, as the proxy knows its route.
    EXPECT_EQ(edge_token_in(answer).route, "/c/bio/user/ada/a b@c");
    EXPECT_TRUE(proxy_.known.contains("/c/bio/user/ada/a b@c"));
    // A browser compares a cookie's path with its own way of writing the address.
    EXPECT_THAT(
        std::string(enter(token_of(ada_), "/c/bio/user/ada/a%20b%40c/").headers.get("Set-Cookie")),
        HasSubstr("Path=/c/bio/user/ada/a%20b%40c/"));
}

TEST_F(EntryTest, NoCookieHasAnAttributeFromTheAddress) {
    start("x; Domain=evil");
    auto const answer = enter(token_of(ada_), "/c/bio/user/ada/x;%20Domain=evil/lab");
    EXPECT_EQ(answer.status, 302U);
    EXPECT_THAT(std::string(answer.headers.get("Set-Cookie")),
                HasSubstr("Path=/c/bio/user/ada/x%3B%20Domain%3Devil/"));
}

TEST_F(EntryTest, FirstSegmentIsAServersNameOnlyWhereThereIsOne) {
    auto const token = token_of(ada_);
    EXPECT_EQ(edge_token_in(enter(token, "/c/bio/user/ada/gpu/lab")).route, "/c/bio/user/ada");
    start("gpu");
    EXPECT_EQ(edge_token_in(enter(token, "/c/bio/user/ada/gpu/lab")).route, "/c/bio/user/ada/gpu");
    ASSERT_TRUE(await(servers_.stop({course_.id, ada_.id, "gpu"}, "ada", "server_stopped", "")));
    EXPECT_EQ(enter(token, "/c/bio/user/ada/gpu/lab").headers.get("Location"),
              "/courses/bio?start=ada&server=gpu&next=%2Fc%2Fbio%2Fuser%2Fada%2Fgpu%2Flab");
    ASSERT_TRUE(await(servers_.remove({course_.id, ada_.id, "gpu"}, "ada")));
    EXPECT_EQ(edge_token_in(enter(token, "/c/bio/user/ada/gpu/lab")).route, "/c/bio/user/ada");
}

TEST_F(EntryTest, EntryIntoANamedServerSaysIntoWhich) {
    start("gpu");
    EXPECT_EQ(enter(token_of(lea_), "/c/bio/user/ada/gpu/").status, 302U);
    auto const event =
        store_->read([](Transaction& t) { return t.events().newest(0, 1); }).value().at(0);
    EXPECT_EQ(event.message, "lea entered the server of ada (gpu)");
    EXPECT_EQ(event.detail, R"({"server":"gpu"})");
}

TEST_F(EntryTest, NobodyLearnsWhichCoursesPeopleOrServersExist) {
    auto const bob = add_user("bob");
    admit(bob);
    add_user("dan");
    start("gpu");
    std::set<std::string> answers;
    for (auto const& who : {bob, add_user("eve")})
        for (auto const* next :
             {"/c/bio/user/ada/", "/c/bio/user/ada/gpu/", "/c/bio/user/ada/none/",
              "/c/bio/user/nobody/", "/c/bio/user/dan/", "/c/bio/user/lea/"}) {
            auto const answer = enter(token_of(who), next);
            EXPECT_EQ(answer.status, 403U) << who.name << next;
            answers.insert(answer.body);
        }
    EXPECT_EQ(answers.size(), 1U);
}

TEST_F(EntryTest, RejectedParticipantsDoNotEvenHaveTheirOwn) {
    auto const token = token_of(ada_);
    admit(ada_, ApplicationState::Rejected);
    EXPECT_EQ(enter(token, "/c/bio/user/ada/").status, 403U);
}

TEST_F(EntryTest, WhoMayEnterEveryServerIsToldWhatIsNotThere) {
    auto boss = add_user("boss");
    boss.administrator = true;
    ASSERT_TRUE(store_->write([&](Transaction& t) { return t.users().update(boss); }));
    EXPECT_EQ(enter(token_of(boss), "/c/bio/user/ada/").status, 302U);
    for (auto const& who : {boss, lea_}) {
        EXPECT_EQ(enter(token_of(who), "/c/bio/user/nobody/").status, 404U);
        EXPECT_EQ(enter(token_of(who), "/c/bio/user/eve/").status, 404U);
    }
    // An administrator has no server where they do not take part.
    EXPECT_EQ(enter(token_of(boss), "/c/bio/user/boss/").status, 403U);
}

TEST_F(EntryTest, ATokenWithoutTheScopeOpensNothing) {
    auto const secret = make_token_secret(random_);
    ASSERT_TRUE(store_->write([&](Transaction& t) {
        return t.tokens().insert({.id = TokenId("weak"),
                                  .secret_hash = hash_secret(secret),
                                  .user = ada_.id,
                                  .scopes = format_scopes({Scope::Self, Scope::Servers}),
                                  .created_at = clock_.now()});
    }));
    EXPECT_EQ(enter(secret, "/c/bio/user/ada/").status, 403U);
}

TEST_F(EntryTest, AHubsTokenOpensNothingThatWouldOutliveIt) {
    HubToken const token{.secret_hash = hash_secret("0123456789abcdef"),
                         .course = course_.id,
                         .user = ada_.id,
                         .scopes = "inherit",
                         .created_at = clock_.now()};
    ASSERT_TRUE(store_->write([&](Transaction& t) { return t.hub_tokens().insert(token); }));
    EXPECT_EQ(enter("0123456789abcdef", "/c/bio/user/ada/").status, 403U);
}

TEST(ServerPlaceIn, AcceptsOnlyPathsOfServersInThisCourse) {
    auto const at = [](std::string_view target) {
        auto const place = server_place_in(target, "/c/bio/");
        return place ? place->owner + "|" + place->first : "nothing";
    };
    EXPECT_EQ(at("/c/bio/user/ada/lab?x=1"), "ada|lab");
    EXPECT_EQ(at("/c/bio/user/ada"), "ada|");
    EXPECT_EQ(at("/c/bio/user/a%40b/"), "a@b|");
    EXPECT_EQ(at("/c/bio/user/ada/my%20gpu/lab/tree"), "ada|my gpu");
    for (auto const* target :
         {"", "/", "//evil.example/c/bio/user/ada/", "https://evil.example/c/bio/user/ada/",
          "/c/chem/user/ada/lab", "/c/bio/hub/enter", "/c/bio/user/", "/c/bio/user/ada/../../x",
          "/c/bio/user/ada/%2e%2e/bob/", "/c/bio/user/ada//x", "/c/bio/user/..%2fbob/lab",
          "/c/bio/user/ada/%5c%5cevil", "\\\\evil", "/\\evil", "/c/bio/user/%zz/"})
        EXPECT_FALSE(server_place_in(target, "/c/bio/")) << target;
}

TEST(ServerPlaceIn, TakesTheHubAtTheRootForNoOther) {
    auto const place = server_place_in("/user/ada/lab?x=1", "/");
    ASSERT_TRUE(place);
    EXPECT_EQ(place->owner + "|" + place->first, "ada|lab");
    for (auto const* target :
         {"/", "//evil.example/user/ada/", "/c/bio/user/ada/", "/hub/enter", "/user/", "/user",
          "/user/ada/../../x", "/user/..%2fbob/lab", "/\\evil/user/ada", "/users/ada/"})
        EXPECT_FALSE(server_place_in(target, "/")) << target;
}

}  // namespace carrel
