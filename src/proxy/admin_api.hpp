#pragma once

/// configurable-http-proxy's REST API: adding, removing and listing routes; and revocations, which
/// are Carrel's own. Confined to the thread that answers it; workers hear of changes by `push`.

#include "base/clock.hpp"
#include "http/message.hpp"
#include "proxy/options.hpp"
#include "proxy/route_table.hpp"
#include "proxy/worker.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace carrel::proxy {

class AdminApi {
public:
    using Push = std::function<void(Update const&)>;

    /// `push` hands an update to every worker.
    AdminApi(Options const& options, Clock const& clock, Push push);

    [[nodiscard]] http::Response handle(http::Request const& request);

private:
    struct Entry {
        nlohmann::json data;  ///< as it was posted
        RoutePointer route;
    };

    [[nodiscard]] bool is_authorized(http::Request const& request) const;
    [[nodiscard]] http::Response handle_routes(http::Request const& request, std::string_view rest);
    [[nodiscard]] http::Response handle_revocations(http::Request const& request);
    [[nodiscard]] http::Response list(http::Request const& request) const;
    [[nodiscard]] http::Response show(std::string const& path) const;
    [[nodiscard]] http::Response add(http::Request const& request, std::string const& path);
    [[nodiscard]] http::Response remove(std::string const& path);
    [[nodiscard]] http::Response list_revocations();
    [[nodiscard]] http::Response revoke(http::Request const& request);
    [[nodiscard]] nlohmann::json describe(Entry const& entry) const;
    void put(std::string const& path, nlohmann::json data);
    [[nodiscard]] int64_t now() const;

    Options const& options_;
    Clock const& clock_;
    Push push_;
    std::map<std::string, Entry> entries_;
    Revocations revocations_;
};

}  // namespace carrel::proxy
