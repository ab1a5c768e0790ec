#pragma once

/// The way into a server: /c/{slug}/hub/enter gives a browser the edge token that the proxy asks
/// for. What no route covers is for the hub's pages (hub/pages).
/// Confined to the control thread. Owned by `Hub`.

#include "http/router.hpp"
#include "hub/arrivals.hpp"
#include "hub/jupyterhub/caller.hpp"
#include "hub/server_lifecycle.hpp"

#include <optional>
#include <string_view>
#include <variant>

namespace carrel {

/// A path below somebody's servers: "/c/bio/user/ada/gpu/lab" is of "gpu" where she has a server of
/// that name, and else of her default one.
struct ServerPlace {
    std::string owner;
    std::string first = {};  ///< what may be a server's name; may be empty
};

/// Those of the hub at `base`, "/c/bio/". Nothing for a path of anything else, an absolute URL, or
/// a path with "//", "\\" or dot segments, encoded or not.
[[nodiscard]] std::optional<ServerPlace> server_place_in(std::string_view target,
                                                         std::string_view base);

class Entry {
public:
    /// `edge_key` is shared with the proxy: 32 bytes.
    Entry(HubDependencies const& dependencies, jupyterhub::CallerGate& callers,
          ServerLifecycle& servers, std::string edge_key);
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    /// Who asks, and for which server.
    struct Admitted {
        jupyterhub::Caller caller;
        ServerOwner server;
    };

    Answer hub_root(http::Request& request);
    Answer enter(http::Request& request);
    /// A redirect to the log-in page when nobody is logged in; a refusal that tells a stranger
    /// nothing about who and what there is.
    Task<std::variant<Admitted, http::Response>> admit(http::Request const& request,
                                                       ServerPlace place);
    [[nodiscard]] Result<Admitted> find_admitted(http::Request const& request,
                                                 ServerPlace const& place) const;
    Task<> write_down(Admitted const& admitted, Time now);

    HubDependencies use_;
    jupyterhub::CallerGate& callers_;
    ServerLifecycle& servers_;
    std::string edge_key_;
    Arrivals arrivals_;
};

}  // namespace carrel
