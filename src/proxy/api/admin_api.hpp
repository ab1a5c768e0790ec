#pragma once

/// configurable-http-proxy's REST API: adding, removing and listing routes; and what is Carrel's
/// own: changing many at once, watching them, and revocations. Confined to the side thread; workers
/// hear of changes by `push`.

#include "proxy/api/api_metrics.hpp"
#include "proxy/api/route_book.hpp"

namespace carrel::proxy {

class AdminApi final : public SideHandler {
public:
    /// `push` hands an update to every worker.
    /// As `RouteBook`.
    AdminApi(Options const& options, Clock const& clock, RouteBook::Push push,
             NameWatch* names = nullptr);

    SideAnswer handle(SideRequest& request) override;
    [[nodiscard]] size_t largest_body(SideRequest const& request) const override;

    [[nodiscard]] RouteBook& routes() { return routes_; }
    [[nodiscard]] ApiMetrics const& metrics() const { return metrics_; }

    // For a successor, and from a predecessor (handover/routes.cpp).
    [[nodiscard]] std::vector<Revocation> const& revocations() const { return revocations_.all(); }
    /// InvalidArgument: one of the routes is none; nothing after it is restored.
    Result<> restore(std::vector<SavedRoute> const& routes,
                     std::vector<Revocation> const& revocations);

private:
    [[nodiscard]] bool is_authorized(SideRequest const& request) const;
    [[nodiscard]] SideAnswer dispatch(SideRequest& request);
    [[nodiscard]] SideAnswer handle_routes(SideRequest& request, std::string_view rest);
    [[nodiscard]] SideAnswer handle_revocations(SideRequest& request);
    [[nodiscard]] SideAnswer list(SideRequest const& request);
    [[nodiscard]] SideAnswer show(std::string const& path);
    [[nodiscard]] SideAnswer add(SideRequest const& request, std::string path);
    [[nodiscard]] SideAnswer change(SideRequest const& request, std::string path);
    [[nodiscard]] SideAnswer put(std::string path, Json data);
    [[nodiscard]] SideAnswer remove(std::string const& path);
    [[nodiscard]] SideAnswer list_revocations();
    [[nodiscard]] SideAnswer revoke(SideRequest const& request);

    Options const& options_;
    RouteBook::Push push_;
    RouteBook routes_;
    Revocations revocations_;
    ApiMetrics metrics_;
};

}  // namespace carrel::proxy
