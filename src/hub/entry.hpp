#pragma once

/// The way into a server: /c/{slug}/hub/enter gives a browser the edge token that the proxy asks
/// for, and everything below /c/{slug}/ that no route covers is explained or led to the right page.

#include "auth/gate.hpp"
#include "http/router.hpp"
#include "hub/hub_access.hpp"
#include "hub/server_lifecycle.hpp"

#include <optional>
#include <string_view>
#include <variant>

namespace carrel {

class Entry {
public:
    /// `edge_key` is shared with the proxy: 32 bytes.
    Entry(HubDependencies const& dependencies, Gate& gate, ServerLifecycle& servers,
          std::string edge_key);
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    Answer hub_root(http::Request& request);
    Answer enter(http::Request& request);
    /// A server's URL without a route: it is not running.
    Answer not_running(http::Request& request);
    /// Who asks and for which server; a redirect to the log-in page when nobody is logged in.
    Task<std::variant<HubAccess, http::Response>> admit(http::Request const& request,
                                                        std::string const& owner_name);

    HubDependencies use_;
    Gate& gate_;
    ServerLifecycle& servers_;
    std::string edge_key_;
};

/// The user name in "/c/<slug>/user/<name>/…"; nothing for any other path, an absolute URL, or a
/// path with "//", "\\" or dot segments, encoded or not.
[[nodiscard]] std::optional<std::string> server_owner_in(std::string_view target,
                                                         std::string_view slug);

}  // namespace carrel
