#pragma once

/// For tests of a hub's pages: "bio" with ada and bob, browsers that keep cookies, and passwords
/// that are "right".

#include "base/text.hpp"
#include "hub/hub_fixture.hpp"
#include "hub/jupyterhub/oauth_fixture.hpp"
#include "hub/pages/hub_pages.hpp"
#include "hub/pages/login_pages.hpp"
#include "hub/pages/server_pages.hpp"
#include "hub/pages/spawn_pages.hpp"

#include <gmock/gmock.h>

namespace carrel::jupyterhub {

class FakeAuthenticator final : public Authenticator {
public:
    explicit FakeAuthenticator(Store& store) : store_(store) {}
    bool limited = false;

    Result<User> authenticate(Credentials const& credentials) override {
        if (limited) return fail(Code::LimitReached, "too many failures");
        if (credentials.password != "right") return fail(Code::Unauthenticated, "wrong");
        return store_.read(
            [&](Transaction& t) { return t.users().find_by_name(credentials.username); });
    }

private:
    Store& store_;
};

/// A browser: what it keeps, and what it says of itself.
struct PageBrowser {
    std::map<std::string, std::string> cookies = {};
    http::Headers headers = {{"Host", "hub.example"}, {"Accept", "text/html"}};
};

template <class Fixture>
class PagesFixture : public Fixture {
protected:
    PagesFixture() {
        bob_ = this->add_user("bob");
        this->admit(bob_);
        login_.add_routes(router_);
        spawn_.add_routes(router_);
        server_pages_.add_routes(router_);
        hub_.add_routes(router_);
    }

    http::Response send(PageBrowser& browser, std::string const& method, std::string const& target,
                        Fields const& form = {}) {
        http::Request request{.method = method, .target = target, .headers = browser.headers};
        request.path = this->paths_.by_slug(request.sent_path());
        std::string cookies;
        for (auto const& [name, value] : browser.cookies)
            cookies += (cookies.empty() ? "" : "; ") + name + "=" + value;
        if (!cookies.empty()) request.headers.set("Cookie", cookies);
        if (!form.empty()) {
            request.body = form_of(form);
            request.headers.set("Content-Type", "application/x-www-form-urlencoded");
        }
        auto answer = [](http::Router& router, http::Request asked) -> Task<http::Response> {
            co_return co_await router.handle(asked);
        };
        auto response = this->await(answer(router_, std::move(request))).value();
        for (auto const& [name, value] : response.headers)
            if (name == "Set-Cookie") keep(browser, value);
        return response;
    }
    http::Response get(PageBrowser& browser, std::string const& target) {
        return send(browser, "GET", target);
    }
    /// Where an answer leads; "" when it leads nowhere.
    static std::string place(http::Response const& answer) {
        return std::string(answer.headers.get("Location"));
    }

    /// As a program that reads the form does.
    http::Response log_in(PageBrowser& browser, std::string const& name,
                          std::string const& password = "right", std::string const& next = "") {
        auto const path = this->paths_.hub("bio") + "login" +
                          (next.empty() ? "" : "?next=" + percent_encode(next));
        get(browser, path);
        return send(
            browser, "POST", path,
            {{"username", name}, {"password", password}, {"_xsrf", browser.cookies["_xsrf"]}});
    }
    PageBrowser browser_of(std::string const& name) {
        PageBrowser browser;
        EXPECT_EQ(log_in(browser, name).status, 302U);
        return browser;
    }
    void start_server_of(User const& user) {
        auto const server = this->await(servers_.start(this->server_of(user), user.name)).value();
        this->run_until([&] { return server->progress.latest().over(); });
    }

    User bob_;
    Gate gate_{*this->store_, this->clock_, this->random_};
    ServerLifecycle servers_{this->dependencies(), this->settings_};
    CallerGate callers_{*this->store_,       gate_,       this->clock_, rbac::RoleBook::usual(),
                        ServiceBook::none(), this->paths_};
    FakeAuthenticator authenticator_{*this->store_};
    FactorDesk factors_{*this->store_, this->clock_, this->random_,
                        Sealer(std::string(32, 'k'), this->random_)};
    LoginSteps steps_{*this->store_, gate_, factors_, this->clock_, this->random_, {}};
    PageDependencies pages_{
        .use = this->dependencies(),
        .gate = gate_,
        .callers = callers_,
        .servers = servers_,
        .authenticator = authenticator_,
        .steps = steps_,
        .forms = LoginForms(std::string(32, 'k'), this->clock_, this->random_),
        .ui = [](std::string_view path, http::Request const&) -> std::optional<http::Response> {
            return http::Response::html(fmt::format("the UI's {}", path));
        }};
    LoginPages login_{pages_};
    SpawnPages spawn_{pages_};
    ServerPages server_pages_{pages_};
    HubPages hub_{pages_};
    http::Router router_{this->pool_};

private:
    static void keep(PageBrowser& browser, std::string_view set_cookie) {
        auto const pair = split(set_cookie, ';')[0];
        auto const name = std::string(pair.substr(0, pair.find('=')));
        if (set_cookie.find("Max-Age=0") != std::string_view::npos)
            browser.cookies.erase(name);
        else
            browser.cookies[name] = std::string(pair.substr(pair.find('=') + 1));
    }
};

using PagesTest = PagesFixture<HubFixture>;
using RootPagesTest = PagesFixture<RootHubFixture>;
using SlowPagesTest = PagesFixture<SlowHubFixture>;

}  // namespace carrel::jupyterhub
