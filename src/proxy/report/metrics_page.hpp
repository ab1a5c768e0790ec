#pragma once

/// What Prometheus reads at `/metrics`: configurable-http-proxy's names, and more of our own. Adds
/// the workers' counters up when it is asked. Confined to the side thread.

#include "proxy/api/api_metrics.hpp"
#include "proxy/api/side_message.hpp"
#include "proxy/report/recorder.hpp"

#include <functional>
#include <vector>

namespace carrel::proxy {

struct MetricsSource {
    std::vector<WorkerMetrics const*> workers;
    ApiMetrics const* api = nullptr;
    std::function<size_t()> routes;
};

[[nodiscard]] std::string render_metrics(MetricsSource const& source);

class MetricsPage final : public SideHandler {
public:
    explicit MetricsPage(MetricsSource source) : source_(std::move(source)) {}
    SideAnswer handle(SideRequest& request) override;
    [[nodiscard]] size_t largest_body(SideRequest const&) const override { return 4096; }

private:
    MetricsSource source_;
};

}  // namespace carrel::proxy
