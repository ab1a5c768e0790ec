#pragma once

/// For tests of the REST API of a course's hub: its calls, and people who make them.

#include "auth/secret.hpp"
#include "hub/hub_fixture.hpp"
#include "hub/jupyterhub/group_calls.hpp"
#include "hub/jupyterhub/hub_calls.hpp"
#include "hub/jupyterhub/member_calls.hpp"
#include "hub/jupyterhub/rest_calls.hpp"
#include "hub/jupyterhub/service_calls.hpp"
#include "hub/jupyterhub/user_calls.hpp"
#include "hub/services/fake_service_host.hpp"

#include <nlohmann/json.hpp>

namespace carrel::jupyterhub {

using nlohmann::json;

/// "bio" with its leader lea, ada and bob; the administrator gov; and eve, who has nothing to do
/// with it. Everybody calls by a token that has all of Carrel's scopes.
class RestTest : public HubFixture {
protected:
    RestTest() {
        admit(add_user("bob"));
        add_user("eve");
        gov_ = add_user("gov");
        gov_.administrator = true;
        EXPECT_TRUE(store_->write([&](Transaction& t) { return t.users().update(gov_); }));
        rest_.add_routes(router_);
        users_.add_routes(router_);
        groups_.add_routes(router_);
        members_.add_routes(router_);
        service_calls_.add_routes(router_);
        hub_calls_.add_routes(router_);
    }

    std::string token_of(std::string const& name) {
        auto& secret = tokens_[name];
        if (!secret.empty()) return secret;
        secret = make_token_secret(random_);
        EXPECT_TRUE(store_->write([&](Transaction& t) -> Result<> {
            TRY(auto const user, t.users().find_by_name(name));
            return t.tokens().insert({.id = TokenId("token-of-" + name),
                                      .secret_hash = hash_secret(secret),
                                      .user = user.id,
                                      .scopes = format_scopes(all_scopes()),
                                      .created_at = clock_.now()});
        }));
        return secret;
    }

    /// `who` is a name, or the text of a token.
    http::Response call(std::string const& who, std::string const& method, std::string const& path,
                        std::string const& body = {}, std::string const& accept = {}) {
        auto const token = who.size() < 10 ? token_of(who) : who;
        http::Request request{.method = method,
                              .target = "/c/bio/hub/api" + path,
                              .headers = {{"Authorization", "token " + token}},
                              .body = body};
        if (!accept.empty()) request.headers.set("Accept", accept);
        request.path = request.target.substr(0, request.target.find('?'));
        auto answer = [](http::Router& router, http::Request asked) -> Task<http::Response> {
            co_return co_await router.handle(asked);
        };
        return await(answer(router_, std::move(request))).value();
    }
    std::vector<std::string> names(std::string const& who, std::string const& query) {
        auto const answer = call(who, "GET", "/users" + query);
        EXPECT_EQ(answer.status, 200U) << answer.body;
        std::vector<std::string> found;
        for (auto const& user : json::parse(answer.body)) found.push_back(user["name"]);
        return found;
    }
    json make(std::string const& who, std::string const& owner, json const& body = json::object()) {
        auto const answer = call(who, "POST", "/users/" + owner + "/tokens", body.dump());
        EXPECT_EQ(answer.status, 201U) << answer.body;
        return json::parse(answer.body);
    }

    /// A token of `owner` with these scopes.
    std::string scoped(std::string const& owner, std::vector<std::string> const& scopes) {
        return make(owner, owner, {{"scopes", scopes}})["token"];
    }
    /// The kinds of what the course's timeline says, oldest first.
    std::vector<std::string> happened() {
        std::vector<std::string> kinds;
        auto const events =
            store_->read([&](Transaction& t) { return t.events().of_course(course_.id, 0, 100); });
        for (auto const& event : events.value()) kinds.push_back(event.kind);
        return kinds;
    }

    User gov_;
    std::map<std::string, std::string> tokens_;
    Gate gate_{*store_, clock_, random_};
    ServerLifecycle servers_{dependencies(), settings_};
    /// A test may put others in their places before it calls.
    rbac::RoleBook roles_;
    ServiceBook services_;
    CallerGate callers_{*store_, gate_, clock_, roles_, services_};
    UserCalls users_{dependencies(), callers_, servers_};
    RestCalls rest_{dependencies(), callers_, servers_};
    GroupCalls groups_{dependencies(), callers_};
    MemberCalls members_{dependencies(), callers_, servers_};
    FakeServiceHost host_;
    Services running_{dependencies(), services_, &host_};
    ServiceCalls service_calls_{dependencies(), callers_, running_};
    HubCalls hub_calls_{dependencies(), callers_, servers_, running_};
    http::Router router_{pool_};
};

}  // namespace carrel::jupyterhub
