// A worker's part in a handover: see docs/design/0014-handover.md for the order of the steps.

#include "proxy/data_plane/worker.hpp"

#include <future>

namespace carrel::proxy {

std::vector<Parcel> Worker::freeze() {
    std::promise<std::vector<Parcel>> promise;
    auto future = promise.get_future();
    loop_->post([this, &promise] {
        pause_accepting();
        std::vector<Parcel> parcels;
        for (auto* connection : connections_)
            if (auto parcel = connection->freeze()) parcels.push_back(*std::move(parcel));
        promise.set_value(std::move(parcels));
    });
    return future.get();
}

void Worker::thaw() {
    loop_->post([this] {
        resume_accepting();
        auto const all = connections_;
        for (auto* connection : all) connection->thaw();
    });
}

void Worker::leave(HandOn hand_on, Milliseconds patience) {
    loop_->post([this, hand_on = std::move(hand_on), patience]() mutable {
        auto const all = connections_;
        for (auto* connection : all)
            if (connection->is_frozen()) connection->close();
        if (draining_) return;
        hand_on_ = std::move(hand_on);
        begin_draining(patience);
    });
}

bool Worker::hand_on(Connection& connection) {
    if (!hand_on_) return false;
    auto parcel = connection.freeze();
    if (!parcel) return false;
    hand_on_(*std::move(parcel));
    connection.close();
    return true;
}

bool Worker::draining(Client const& client) const {
    bool const travels = hand_on_ && client.socket.layer() == nullptr;
    return draining_ && !travels;
}

void Worker::adopt(Parcel parcel) {
    loop_->post([this, parcel = std::make_shared<Parcel>(std::move(parcel))] {
        auto connection = std::make_unique<Connection>(*this, std::move(parcel->client),
                                                       std::move(parcel->address));
        add(std::move(connection), parcel.get());
    });
}

RoutePointer Worker::route_of_parcel(std::string const& path) {
    if (auto const* found = routes().find(path); found != nullptr && (*found)->path == path)
        return *found;
    // The route was removed while the tunnel stayed: nobody asks for its activity any more.
    auto route = std::make_shared<Route>();
    route->path = path;
    route->activity = std::make_shared<Activity>(loop_->wall_time());
    return route;
}

void Worker::report_activity(std::function<void(Route const&)> report) {
    loop_->post([this, report = std::move(report)] {
        for (auto const* connection : connections_)
            if (auto const* route = connection->route()) report(*route);
    });
}

}  // namespace carrel::proxy
