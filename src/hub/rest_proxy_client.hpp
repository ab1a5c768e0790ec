#pragma once

/// The proxy client for a real proxy process: Carrel's own, or configurable-http-proxy 4.5 and
/// later (which ignores `auth`, `secret` and revocations).

#include "http/client.hpp"
#include "hub/proxy_client.hpp"
#include "runtime/blocking_pool.hpp"

namespace carrel {

class RestProxyClient final : public ProxyClient {
public:
    /// `api_url` without a slash at its end: "http+unix://%2Frun%2F…%2Fproxy-api.sock".
    RestProxyClient(http::Client& client, BlockingPool& pool, std::string api_url,
                    std::string token);

    Task<> add_route(ServerRoute route) override;
    Task<> add_routes(std::vector<ServerRoute> routes) override;
    Task<> delete_route(std::string path) override;
    Task<std::set<std::string>> routes() override;
    Task<RouteActivity> activity(std::string path) override;
    Task<> revoke_login(std::string login, std::optional<Time> issued_until, Time until) override;
    Task<> revoke_user(std::string path, std::string user, Time issued_until, Time until) override;
    Task<bool> is_marked() override;
    Task<> mark() override;

private:
    Task<http::ClientResponse> call(std::string method, std::string path, std::string body = {});
    /// The same, where any status but these is an error.
    Task<http::ClientResponse> expect(std::string method, std::string path, std::string body,
                                      std::set<unsigned> statuses);

    http::Client& client_;
    BlockingPool& pool_;
    std::string api_url_;
    std::string token_;
};

}  // namespace carrel
