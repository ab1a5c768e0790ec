#pragma once

/// For tests of OAuth: "bio" with running servers of JupyterHub's kind, ada's and bob's, and
/// browsers that are logged in.

#include "auth/secret.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "hub/hub_fixture.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/oauth_calls.hpp"
#include "hub/jupyterhub/user_calls.hpp"

#include <nlohmann/json.hpp>

namespace carrel::jupyterhub {

using nlohmann::json;

/// A browser that is logged in.
struct Visitor {
    std::string cookie;
    std::string csrf_token;
    SessionId session;
};

/// The fields of an address's query.
inline Form query_of(std::string_view address) {
    auto const mark = address.find('?');
    return Form::parse(mark == std::string_view::npos ? "" : address.substr(mark + 1)).value();
}

using Fields = std::map<std::string, std::string>;

inline std::string form_of(Fields const& fields) {
    std::string text;
    for (auto const& [name, value] : fields)
        text += (text.empty() ? "" : "&") + name + "=" + percent_encode(value);
    return text;
}

/// Running servers of JupyterHub's kind: ada's and bob's in "bio".
class OAuthTest : public HubFixture {
protected:
    OAuthTest() {
        settings_.environments["lab"].kind = EnvironmentKind::JupyterHub;
        bob_ = add_user("bob");
        admit(bob_);
        oauth_.add_routes(router_);
        users_.add_routes(router_);
        for (auto const& user : {ada_, bob_}) {
            auto const server = await(servers_.start(server_of(user), user.name)).value();
            run_until([&] { return server->progress.latest().over(); });
        }
    }

    http::Response ask(http::Request request) {
        request.path = request.target.substr(0, request.target.find('?'));
        auto answer = [](http::Router& router, http::Request asked) -> Task<http::Response> {
            co_return co_await router.handle(asked);
        };
        return await(answer(router_, std::move(request))).value();
    }

    Visitor log_in(User const& user) {
        http::Response response;
        auto const identity = gate_.begin_session(user, {}, response).value();
        return {std::string(split(response.headers.get("Set-Cookie"), ';')[0]), identity.csrf_token,
                identity.login};
    }

    /// What the server of this user was told: its environment.
    std::map<std::string, std::string> told(User const& user) {
        for (auto const& spec : spawner_.started)
            if (spec.user == user.name) return spec.hub_variables;
        return {};
    }
    std::string secret_of(User const& user) { return told(user).at("JUPYTERHUB_API_TOKEN"); }

    /// The question of `owner`'s server, with changes.
    Fields question(User const& owner, Fields const& changes = {}) {
        Fields fields{{"client_id", told(owner).at("JUPYTERHUB_CLIENT_ID")},
                      {"redirect_uri", told(owner).at("JUPYTERHUB_OAUTH_CALLBACK_URL")},
                      {"response_type", "code"},
                      {"state", "st ate/+&=%7E"}};
        for (auto const& [name, value] : changes) fields[name] = value;
        return fields;
    }
    http::Response authorize(Visitor const& visitor, Fields const& fields) {
        http::Request request{.method = "GET",
                              .target = "/c/bio/hub/api/oauth2/authorize?" + form_of(fields)};
        if (!visitor.cookie.empty()) request.headers.set("Cookie", visitor.cookie);
        return ask(std::move(request));
    }
    http::Response agree(Visitor const& visitor, Fields const& fields, std::string const& xsrf) {
        http::Request request{.method = "POST",
                              .target = "/c/bio/hub/api/oauth2/authorize?" + form_of(fields)};
        request.headers.set("Cookie", visitor.cookie);
        request.headers.set("Content-Type", "application/x-www-form-urlencoded");
        request.body = "_xsrf=" + percent_encode(xsrf);
        return ask(std::move(request));
    }
    /// A code for `owner`'s server, which is the visitor's own.
    std::string code_for(Visitor const& visitor, User const& owner, Fields const& changes = {}) {
        auto const answer = authorize(visitor, question(owner, changes));
        EXPECT_EQ(answer.status, 302U) << answer.body;
        return query_of(answer.headers.get("Location")).get("code");
    }

    http::Response redeem(User const& owner, std::string const& code, Fields const& changes = {}) {
        Fields fields{{"client_id", told(owner).at("JUPYTERHUB_CLIENT_ID")},
                      {"client_secret", secret_of(owner)},
                      {"grant_type", "authorization_code"},
                      {"code", code},
                      {"redirect_uri", told(owner).at("JUPYTERHUB_OAUTH_CALLBACK_URL")}};
        for (auto const& [name, value] : changes) fields[name] = value;
        http::Request request{.method = "POST", .target = "/c/bio/hub/api/oauth2/token"};
        request.headers.set("Content-Type", "application/x-www-form-urlencoded");
        request.body = form_of(fields);
        return ask(std::move(request));
    }
    std::string error_of(http::Response const& answer) {
        auto const body = json::parse(answer.body, nullptr, false);
        return body.is_object() ? body.value("error", answer.body) : answer.body;
    }
    std::string token_for(Visitor const& visitor, User const& owner) {
        auto const answer = redeem(owner, code_for(visitor, owner));
        EXPECT_EQ(answer.status, 200U) << answer.body;
        return json::parse(answer.body).value("access_token", "");
    }
    http::Response who_is(std::string const& token) {
        http::Request request{.method = "GET", .target = "/c/bio/hub/api/user"};
        request.headers.set("Authorization", "token " + token);
        return ask(std::move(request));
    }

    User bob_;
    Gate gate_{*store_, clock_, random_};
    ServerLifecycle servers_{dependencies(), settings_};
    /// A test may put others in their places before it calls.
    rbac::RoleBook roles_;
    ServiceBook services_;
    CallerGate callers_{*store_, gate_, clock_, roles_, services_};
    OAuthCalls oauth_{dependencies(), gate_, callers_};
    UserCalls users_{dependencies(), callers_, servers_};
    http::Router router_{pool_};
};

}  // namespace carrel::jupyterhub
