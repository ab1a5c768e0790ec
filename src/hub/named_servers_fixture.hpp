#pragma once

/// Ada, who takes part in a course and may have named servers there, and the calls about them.

#include "auth/secret.hpp"
#include "hub/hub_fixture.hpp"
#include "hub/jupyterhub/server_calls.hpp"
#include "hub/jupyterhub/user_calls.hpp"
#include "hub/reconciler.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace carrel {

class NamedServersFixture : public HubFixture {
protected:
    NamedServersFixture() {
        bob_ = add_user("bob");
        admit(bob_);
        calls_.add_routes(router_);
        users_.add_routes(router_);
    }
    void TearDown() override { ASSERT_TRUE(await(servers_.close())); }

    std::shared_ptr<LiveServer> start(std::string const& name) {
        auto const server = await(servers_.start({course_, ada_, name}, "ada")).value();
        run_until([&] { return server->progress.latest().over(); });
        return server;
    }
    [[nodiscard]] ServerKey key(std::string const& name) const {
        return {course_.id, ada_.id, name};
    }
    std::vector<std::string> rows() {
        std::vector<std::string> found;
        auto const all =
            store_->read([&](Transaction& t) { return t.servers().of_user(course_.id, ada_.id); });
        for (auto const& row : *all)
            found.push_back(row.name + ":" + std::string(name_of(row.state)));
        return found;
    }
    std::vector<std::string> routes() {
        std::vector<std::string> paths;
        for (auto const& [path, route] : proxy_.known) paths.push_back(path);
        return paths;
    }
    http::Response call(User const& who, std::string const& method, std::string const& path,
                        std::string const& body = {}) {
        auto& secret = tokens_[who.name];
        if (secret.empty()) {
            secret = make_token_secret(random_);
            EXPECT_TRUE(store_->write([&](Transaction& t) {
                return t.tokens().insert({.id = TokenId("token-of-" + who.name),
                                          .secret_hash = hash_secret(secret),
                                          .user = who.id,
                                          .scopes = format_scopes(all_scopes()),
                                          .created_at = clock_.now()});
            }));
        }
        http::Request request{.method = method,
                              .target = "/c/bio/hub/api/users/" + path,
                              .headers = {{"Authorization", "token " + secret}},
                              .body = body};
        request.path = request.target.substr(0, request.target.find('?'));
        auto answer = [](http::Router& router, http::Request asked) -> Task<http::Response> {
            co_return co_await router.handle(asked);
        };
        return await(answer(router_, std::move(request))).value();
    }
    /// From now on this person's calls are made with a hub's token that has this scope alone.
    void let_token_of(std::string const& name, std::string const& scope) {
        auto& secret = tokens_[name];
        secret = random_.hex(16);
        auto const owner =
            store_->read([&](Transaction& t) { return t.users().find_by_name(name); }).value();
        ASSERT_TRUE(store_->write([&](Transaction& t) {
            return t.hub_tokens().insert({.secret_hash = hash_secret(secret),
                                          .course = course_.id,
                                          .user = owner.id,
                                          .scopes = scope,
                                          .created_at = clock_.now()});
        }));
    }
    nlohmann::json model(User const& who, std::string const& query = "") {
        return nlohmann::json::parse(call(who, "GET", "ada" + query).body);
    }

    User bob_;
    std::map<std::string, std::string> tokens_;
    Gate gate_{*store_, clock_, random_};
    ServerLifecycle servers_{dependencies(), settings_};
    Reconciler reconciler_{dependencies(), servers_};
    jupyterhub::CallerGate callers_{*store_, gate_, clock_};
    jupyterhub::ServerCalls calls_{dependencies(), callers_, servers_};
    jupyterhub::UserCalls users_{dependencies(), callers_, servers_};
    http::Router router_{pool_};
};

}  // namespace carrel
