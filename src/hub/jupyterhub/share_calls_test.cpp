#include "hub/jupyterhub/share_calls.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/share_fixture.hpp"

#include <gmock/gmock.h>

namespace carrel::jupyterhub {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(ShareTest, LetsOnePersonIntoOneServer) {
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U);
    auto const answer = call("ada", "POST", "/shares/ada/gpu", R"({"user": "bob"})");
    ASSERT_EQ(answer.status, 200U) << answer.body;
    auto const share = json::parse(answer.body);
    EXPECT_EQ(share["scopes"], json{"access:servers!server=ada/gpu"});
    EXPECT_EQ(share["user"]["name"], "bob");
    EXPECT_EQ(share["kind"], "user");
    EXPECT_EQ(share["server"]["user"]["name"], "ada");
    EXPECT_EQ(share["server"]["url"], "/c/bio/user/ada/gpu/");
    EXPECT_EQ(share["server"]["ready"], true);

    EXPECT_THAT(scopes("bob"), Contains("access:servers!server=ada/gpu"));
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 302U);
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/"), 403U) << "the other one is not shared";
    EXPECT_EQ(enter("eve", "/c/bio/user/ada/gpu/"), 403U);
    EXPECT_THAT(happened(), Contains("share_given"));
    EXPECT_THAT(happened(), Contains("server_entered"));
    // To enter is not to start, stop or share it.
    EXPECT_EQ(call("bob", "POST", "/shares/ada/gpu", R"({"user": "lea"})").status, 404U);
    EXPECT_EQ(call("bob", "DELETE", "/shares/ada/gpu").status, 404U);
}

TEST_F(ShareTest, TheDefaultServerHasNoName) {
    EXPECT_EQ(give("ada", "ada/", "bob"), 200U);
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/lab"), 302U);
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/lab"), 403U);
    EXPECT_EQ(items("ada", "/shares/ada/").size(), 1U);
    EXPECT_EQ(items("ada", "/shares/ada/gpu").size(), 0U);
}

TEST_F(ShareTest, IsTakenBackAtOnce) {
    give("ada", "ada/gpu", "bob");
    auto const token = scoped("bob", {"access:servers!server=ada/gpu"});
    auto const code = HubToken{.secret_hash = "visit",
                               .course = course_.id,
                               .user = bob().id,
                               .kind = HubTokenKind::OAuth,
                               .client = client_id("ada", "gpu"),
                               .scopes = "access:servers!server=ada/gpu",
                               .created_at = clock_.now()};
    ASSERT_TRUE(store_->write([&](Transaction& t) { return t.hub_tokens().insert(code); }));
    EXPECT_EQ(call("ada", "PATCH", "/shares/ada/gpu", R"({"user": "bob"})").status, 200U);
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U);
    EXPECT_THAT(
        json::parse(call(token, "GET", "/user").body)["scopes"].get<std::vector<std::string>>(),
        IsEmpty());
    EXPECT_FALSE(store_->read([](Transaction& t) {
        return t.hub_tokens().find_by_secret_hash("visit");
    })) << "the visit that the server knows by a token";
    work();
    EXPECT_THAT(proxy_.revoked_users, ElementsAre("/c/bio/user/ada/gpu bob"));
    EXPECT_EQ(items("ada", "/shares/ada").size(), 0U);
}

TEST_F(ShareTest, AllOfAServerAreTakenBackTogether) {
    give("ada", "ada/gpu", "bob");
    give("ada", "ada/gpu", "lea");
    give("ada", "ada/", "bob");
    EXPECT_EQ(call("ada", "DELETE", "/shares/ada/gpu").status, 204U);
    auto const left = items("ada", "/shares/ada");
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left[0]["server"]["name"], "");
}

TEST_F(ShareTest, WhoWasLetInSeesItAndMayLeave) {
    give("ada", "ada/gpu", "bob");
    give("ada", "ada/", "bob");
    auto const shared = items("bob", "/users/bob/shared");
    ASSERT_EQ(shared.size(), 2U);
    EXPECT_EQ(call("ada", "GET", "/users/bob/shared").status, 404U);
    EXPECT_EQ(call("bob", "GET", "/users/bob/shared/ada/gpu").status, 200U);
    EXPECT_EQ(call("bob", "GET", "/users/bob/shared/ada/none").status, 404U);
    EXPECT_EQ(call("bob", "DELETE", "/users/bob/shared/ada/gpu").status, 204U);
    EXPECT_EQ(call("bob", "DELETE", "/users/bob/shared/ada/gpu").status, 404U);
    EXPECT_EQ(call("bob", "GET", "/users/bob/shared/ada/").status, 200U);
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U);
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/"), 302U);
}

TEST_F(ShareTest, EndsWithThePlaceOfTheOneWhoWasLetIn) {
    give("ada", "ada/gpu", "bob");
    admit(bob(), ApplicationState::Rejected);
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U) << "at once";
    admit_again(bob(), ApplicationState::Rejected);
    work();
    EXPECT_THAT(proxy_.revoked_users, Contains("/c/bio/user/ada/gpu bob"));
    admit(bob());
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U) << "and does not come back with it";
}

TEST_F(ShareTest, EndsWithItsOwnersPlace) {
    give("ada", "ada/gpu", "bob");
    admit(ada_, ApplicationState::Rejected);
    EXPECT_THAT(scopes("bob"), testing::Not(Contains("access:servers!server=ada/gpu")));
    admit_again(ada_, ApplicationState::Rejected);
    work();
    EXPECT_THAT(proxy_.revoked_users, Contains("/c/bio/user/ada/gpu bob"));
    admit(ada_);
    EXPECT_THAT(scopes("bob"), testing::Not(Contains("access:servers!server=ada/gpu")));
}

TEST_F(ShareTest, EndsWithTheServerAndNotWithItsRest) {
    give("ada", "ada/gpu", "bob");
    auto const made = call("ada", "POST", "/share-codes/ada/gpu");
    ServerKey const key{course_.id, ada_.id, "gpu"};
    ASSERT_TRUE(await(servers_.stop(key, "ada", "server_stopped", "")));
    EXPECT_EQ(items("ada", "/shares/ada").size(), 1U) << "stopped is still there";
    ASSERT_TRUE(await(servers_.remove(key, "ada")));
    auto const again = await(servers_.start({course_, ada_, "gpu"}, "ada")).value();
    run_until([&] { return again->progress.latest().over(); });
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U) << "another server of the same name";
    EXPECT_EQ(items("ada", "/share-codes/ada").size(), 0U);
    work();
    EXPECT_THAT(proxy_.revoked_users, ElementsAre("/c/bio/user/ada/gpu bob"));
}

TEST_F(ShareTest, ARunningServersRemovalEndsItToo) {
    give("ada", "ada/gpu", "bob");
    ASSERT_TRUE(await(servers_.remove({course_.id, ada_.id, "gpu"}, "ada")));
    work();
    EXPECT_THAT(proxy_.revoked_users, ElementsAre("/c/bio/user/ada/gpu bob"));
}

TEST_F(ShareTest, IsForThoseWhoMayShare) {
    roles_ = rbac::RoleBook();
    EXPECT_EQ(give("ada", "ada/gpu", "bob"), 403U) << "not unless the configuration says so";
    EXPECT_EQ(call("ada", "POST", "/share-codes/ada/gpu").status, 403U);
    EXPECT_EQ(give("gov", "ada/gpu", "bob"), 200U);
    EXPECT_EQ(give("lea", "ada/gpu", "bob"), 403U);
    roles_.let_users_share();
    EXPECT_EQ(give("bob", "ada/gpu", "bob"), 404U) << "one's own server";
    EXPECT_EQ(give("lea", "ada/gpu", "bob"), 404U);
}

TEST_F(ShareTest, WrongWishesAreRefused) {
    for (auto const* body :
         {"{}", R"({"user": "nobody"})", R"({"user": "eve"})", R"({"user": "ada"})",
          R"({"user": 5})", R"({"user": "bob", "scopes": ["servers"]})",
          R"({"user": "bob", "scopes": ["access:servers!user=ada"]})", "[]", "not json"})
        EXPECT_EQ(call("ada", "POST", "/shares/ada/gpu", body).status, 400U) << body;
    EXPECT_EQ(give("ada", "ada/none", "bob"), 404U);
    EXPECT_EQ(call("ada", "POST", "/shares/ada/gpu",
                   R"({"user": "bob", "scopes": ["access:servers!server=ada/gpu"]})")
                  .status,
              200U);
    EXPECT_THAT(items("ada", "/shares/ada"), testing::SizeIs(1));
    EXPECT_EQ(call("ada", "POST", "/shares/ada", R"({"user": "bob"})").status, 405U);
}

TEST_F(ShareTest, MutualSharesEndNowhere) {
    auto const server = await(servers_.start({course_, bob(), ""}, "bob")).value();
    run_until([&] { return server->progress.latest().over(); });
    give("ada", "ada/", "bob");
    give("bob", "bob/", "ada");
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/"), 302U);
    EXPECT_EQ(enter("ada", "/c/bio/user/bob/"), 302U);
}

/// A link, and browsers that open it.
class ShareCodeTest : public ShareTest {
protected:
    struct Visitor {
        std::string cookie;
        std::string csrf_token;
    };
    Visitor log_in(std::string const& name) {
        http::Response response;
        auto const user =
            store_->read([&](Transaction& t) { return t.users().find_by_name(name); }).value();
        auto const identity = gate_.begin_session(user, {}, response).value();
        return {std::string(split(response.headers.get("Set-Cookie"), ';')[0]),
                identity.csrf_token};
    }
    http::Response open(Visitor const& visitor, std::string const& method, std::string const& url) {
        http::Request request{.method = method, .target = url};
        request.path = url.substr(0, url.find('?'));
        if (!visitor.cookie.empty()) request.headers.set("Cookie", visitor.cookie);
        if (method == "POST") {
            request.headers.set("Content-Type", "application/x-www-form-urlencoded");
            request.body = "_xsrf=" + percent_encode(visitor.csrf_token);
        }
        auto answer = [](http::Router& router, http::Request asked) -> Task<http::Response> {
            co_return co_await router.handle(asked);
        };
        return await(answer(router_, std::move(request))).value();
    }
    json make_code(std::string const& body = {}) {
        auto const answer = call("ada", "POST", "/share-codes/ada/gpu", body);
        EXPECT_EQ(answer.status, 200U) << answer.body;
        return json::parse(answer.body);
    }
};

TEST_F(ShareCodeTest, LetsInWhoAcceptsIt) {
    auto const made = make_code();
    auto const url = made["accept_url"].get<std::string>();
    auto const visitor = log_in("bob");
    auto const asked = open(visitor, "GET", url);
    EXPECT_EQ(asked.status, 200U);
    EXPECT_THAT(asked.body, HasSubstr("ada lets you in"));
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U) << "looking is not accepting";
    auto forger = visitor;
    forger.csrf_token = "guess";
    EXPECT_EQ(open(forger, "POST", url).status, 403U);
    auto const accepted = open(visitor, "POST", url);
    EXPECT_EQ(accepted.status, 302U) << accepted.body;
    EXPECT_EQ(accepted.headers.get("Location"), "/c/bio/user/ada/gpu/");
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 302U);
    auto const listed = items("ada", "/share-codes/ada");
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0]["exchange_count"], 1);
    EXPECT_FALSE(listed[0].contains("code"));
    EXPECT_THAT(happened(), Contains("share_accepted"));
}

TEST_F(ShareCodeTest, AsksForTheLogInFirst) {
    auto const answer = open({}, "GET", make_code()["accept_url"]);
    EXPECT_EQ(answer.status, 302U);
    EXPECT_THAT(std::string(answer.headers.get("Location")),
                HasSubstr("/login?next=%2Fc%2Fbio%2Fhub"));
}

TEST_F(ShareCodeTest, IsNothingOutsideTheCourseOrLater) {
    std::string const url = make_code(R"({"expires_in": 60})")["accept_url"];
    EXPECT_EQ(open(log_in("eve"), "POST", url).status, 403U);
    auto const visitor = log_in("bob");
    EXPECT_EQ(open(visitor, "GET", url + "x").status, 404U);
    EXPECT_EQ(open(visitor, "GET", "/c/bio/hub/accept-share").status, 404U);
    clock_.advance(Seconds(60));
    EXPECT_EQ(open(visitor, "POST", url).status, 404U);
    EXPECT_EQ(items("ada", "/share-codes/ada").size(), 0U);
    EXPECT_EQ(items("ada", "/shares/ada").size(), 0U);
}

TEST_F(ShareCodeTest, IsWithdrawnByItselfOrWithAll) {
    auto const first = make_code();
    auto const second = make_code();
    auto const visitor = log_in("bob");
    EXPECT_EQ(
        call("ada", "DELETE", "/share-codes/ada/gpu?id=" + first["id"].get<std::string>()).status,
        204U);
    EXPECT_EQ(open(visitor, "POST", first["accept_url"]).status, 404U);
    EXPECT_EQ(open(visitor, "GET", second["accept_url"]).status, 200U);
    EXPECT_EQ(call("ada", "DELETE", "/share-codes/ada/gpu?code=guess").status, 404U);
    EXPECT_EQ(call("ada", "DELETE", "/share-codes/ada/gpu").status, 204U);
    EXPECT_EQ(open(visitor, "POST", second["accept_url"]).status, 404U);
}

TEST_F(ShareCodeTest, IsNothingOnceItsOwnerMayNotShare) {
    std::string const url = make_code()["accept_url"];
    auto const visitor = log_in("bob");
    roles_ = rbac::RoleBook();
    EXPECT_EQ(open(visitor, "POST", url).status, 404U);
    roles_.let_users_share();
    admit(ada_, ApplicationState::Rejected);
    EXPECT_EQ(open(visitor, "POST", url).status, 404U);
    EXPECT_EQ(items("bob", "/users/bob/shared").size(), 0U);
}

TEST_F(ShareCodeTest, IsKeptAsAHashAlone) {
    std::string const code = make_code()["code"];
    auto const found = store_->read(
        [&](Transaction& t) { return t.hub_share_codes().of_owner(course_.id, ada_.id); });
    EXPECT_EQ(found->at(0).hash, hash_secret(code));
    for (auto const* body : {R"({"expires_in": 0})", R"({"expires_in": "soon"})",
                             R"({"expires_in": 99999999})", R"({"scopes": ["servers"]})"})
        EXPECT_EQ(call("ada", "POST", "/share-codes/ada/gpu", body).status, 400U) << body;
}

TEST_F(ShareTest, GoesWithAServerThatIsCalledSomethingElse) {
    give("ada", "ada/gpu", "bob");
    auto const made = json::parse(call("ada", "POST", "/share-codes/ada/gpu").body);
    ServerOwner const gpu{course_, ada_, "gpu"};
    ASSERT_TRUE(await(servers_.stop(gpu.key(), "ada", "server_stopped", "")));
    ASSERT_TRUE(await(servers_.edit(gpu, "ada", {.name = "card"})));
    EXPECT_EQ(items("ada", "/shares/ada/card").size(), 1U);
    EXPECT_EQ(items("ada", "/shares/ada/gpu").size(), 0U);
    EXPECT_EQ(items("ada", "/share-codes/ada/card").at(0)["id"], made["id"]);
    EXPECT_THAT(scopes("bob"), Contains("access:servers!server=ada/card"));
    work();
    EXPECT_THAT(proxy_.revoked_users, Contains("/c/bio/user/ada/gpu bob"))
        << "what opened the old name must not open another server of that name";
    for (auto const* const name : {"gpu", "card"}) {
        auto const server = await(servers_.start({course_, ada_, name}, "ada")).value();
        run_until([&] { return server->progress.latest().over(); });
    }
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/card/"), 302U);
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U);
}

TEST_F(ShareTest, AServerKeepsItsNameWhileMuchIsTakenBack) {
    ServerOwner const gpu{course_, ada_, "gpu"};
    ASSERT_TRUE(await(servers_.stop(gpu.key(), "ada", "server_stopped", "")));
    ASSERT_TRUE(store_->write([&](Transaction& t) -> Result<> {
        for (int i = 0; i < 100; ++i)
            TRY_VOID(t.outbox().add({.kind = "revoke_entry",
                                     .payload = R"({"path": "/x", "user": "x"})",
                                     .created_at = clock_.now(),
                                     .due_at = clock_.now()}));
        return {};
    }));
    ASSERT_TRUE(await(servers_.edit(gpu, "ada", {.name = "card"}))) << "nobody is let in";
    give("ada", "ada/card", "bob");
    ServerOwner const card{course_, ada_, "card"};
    auto const refused = await(servers_.edit(card, "ada", {.name = "gpu"}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::Unavailable);
    work();
    EXPECT_TRUE(await(servers_.edit(card, "ada", {.name = "gpu"})));
}

}  // namespace carrel::jupyterhub
