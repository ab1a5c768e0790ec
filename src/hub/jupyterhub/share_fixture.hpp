#pragma once

/// For tests of letting somebody into a server.

#include "base/encoding.hpp"
#include "hub/entry.hpp"
#include "hub/jupyterhub/rest_fixture.hpp"
#include "hub/jupyterhub/share_calls.hpp"
#include "hub/reconciler.hpp"

namespace carrel::jupyterhub {

/// ada's default server and her server "gpu" run; everybody may share.
class ShareTest : public RestTest {
protected:
    ShareTest() {
        roles_.let_users_share();
        shares_.add_routes(router_);
        entry_.add_routes(router_);
        for (auto const* const name : {"", "gpu"}) {
            auto const server = await(servers_.start({course_, ada_, name}, "ada")).value();
            run_until([&] { return server->progress.latest().over(); });
        }
    }
    void TearDown() override { ASSERT_TRUE(await(servers_.close())); }

    unsigned give(std::string const& who, std::string const& server, std::string const& user) {
        return call(who, "POST", "/shares/" + server, json{{"user", user}}.dump()).status;
    }
    /// What `who` is answered at the door of a server.
    unsigned enter(std::string const& who, std::string const& path) {
        http::Request request{.method = "GET",
                              .target = "/c/bio/hub/enter?next=" + percent_encode(path),
                              .path = "/c/bio/hub/enter",
                              .headers = {{"Authorization", "Bearer " + token_of(who)}}};
        auto answer = [](http::Router& router, http::Request asked) -> Task<http::Response> {
            co_return co_await router.handle(asked);
        };
        return await(answer(router_, std::move(request))).value().status;
    }
    std::vector<std::string> scopes(std::string const& who) {
        return json::parse(call(who, "GET", "/user").body)["scopes"];
    }
    json items(std::string const& who, std::string const& path) {
        auto const answer = call(who, "GET", path);
        EXPECT_EQ(answer.status, 200U) << answer.body;
        return json::parse(answer.body)["items"];
    }
    void work() { ASSERT_TRUE(await(reconciler_.pass())); }
    void admit_again(User const& user, ApplicationState state) {
        admit(user, state);
        ASSERT_TRUE(store_->write([&](Transaction& t) {
            return t.outbox().add(
                {.kind = "remove_participant",
                 .payload = json{{"course", "id-bio"}, {"user", user.id.value()}}.dump(),
                 .created_at = clock_.now(),
                 .due_at = clock_.now()});
        }));
        work();
    }
    [[nodiscard]] User bob() {
        return store_->read([](Transaction& t) { return t.users().find_by_name("bob"); }).value();
    }

    ShareCalls shares_{dependencies(), gate_, callers_, servers_};
    Entry entry_{dependencies(), callers_, servers_, std::string(32, 'k')};
    Reconciler reconciler_{dependencies(), servers_};
};

}  // namespace carrel::jupyterhub
