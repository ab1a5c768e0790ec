#pragma once

/// Stands before the REST API while a handover is under way: calls wait, and are then answered by
/// whichever proxy has the routes. Confined to the side thread.

#include "http/client.hpp"
#include "proxy/api/side_message.hpp"

#include <string>

namespace carrel::proxy {

class HandoverGate final : public SideHandler {
public:
    explicit HandoverGate(SideHandler& api) : api_(api) {}

    SideAnswer handle(SideRequest& request) override;
    [[nodiscard]] size_t largest_body(SideRequest const& request) const override {
        return api_.largest_body(request);
    }

    void shut() { shut_ = true; }
    void open() { shut_ = false; }
    /// A successor answers at `url`; "" when it cannot be asked.
    void open_to(std::string url);

private:
    class Waiting;
    [[nodiscard]] SideAnswer pass(SideRequest& request);
    [[nodiscard]] SideAnswer relay(SideRequest const& request);

    SideHandler& api_;
    bool shut_ = false;
    bool relays_ = false;
    std::string successor_;
    http::Client client_;
};

}  // namespace carrel::proxy
