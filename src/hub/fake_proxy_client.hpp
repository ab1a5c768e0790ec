#pragma once

/// A proxy for tests: it remembers what it was told, and can be down or restarted.

#include "hub/proxy_client.hpp"

#include <map>
#include <vector>

namespace carrel {

class FakeProxyClient final : public ProxyClient {
public:
    std::map<std::string, ServerRoute> known;
    std::vector<std::string> revoked_logins;
    std::map<std::string, std::optional<Time>> login_issues;  ///< of each; nothing: for good
    std::vector<std::string> revoked_users;                   ///< "path user"
    std::vector<Time> revoked_until_issue;                    ///< of each of them
    std::map<std::string, RouteActivity> activities;
    bool down = false;
    bool marked = false;

    /// As a new process: nothing is known any more.
    void restart() {
        known.clear();
        revoked_logins.clear();
        revoked_users.clear();
        marked = false;
    }

    Task<> add_route(ServerRoute route) override {
        CO_TRY_VOID(reach());
        auto const path = route.path;
        known[path] = std::move(route);
        co_return Result<>();
    }
    Task<> add_routes(std::vector<ServerRoute> routes) override {
        CO_TRY_VOID(reach());
        for (auto& route : routes) {
            auto const path = route.path;
            known[path] = std::move(route);
        }
        co_return Result<>();
    }
    Task<> delete_route(std::string path) override {
        CO_TRY_VOID(reach());
        known.erase(path);
        co_return Result<>();
    }
    Task<std::set<std::string>> routes() override {
        CO_TRY_VOID(reach());
        std::set<std::string> paths;
        for (auto const& [path, route] : known) paths.insert(path);
        co_return paths;
    }
    Task<RouteActivity> activity(std::string path) override {
        CO_TRY_VOID(reach());
        co_return activities[path];
    }
    Task<> revoke_login(std::string login, std::optional<Time> issued_until, Time) override {
        CO_TRY_VOID(reach());
        login_issues[login] = issued_until;
        revoked_logins.push_back(std::move(login));
        co_return Result<>();
    }
    Task<> revoke_user(std::string path, std::string user, Time issued_until, Time) override {
        CO_TRY_VOID(reach());
        revoked_users.push_back(path + " " + user);
        revoked_until_issue.push_back(issued_until);
        co_return Result<>();
    }
    Task<bool> is_marked() override {
        CO_TRY_VOID(reach());
        co_return marked;
    }
    Task<> mark() override {
        CO_TRY_VOID(reach());
        marked = true;
        co_return Result<>();
    }

private:
    Result<> reach() const {
        if (down) return fail(Code::Unavailable, "the proxy does not answer");
        return {};
    }
};

}  // namespace carrel
