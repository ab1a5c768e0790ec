#pragma once

/// The predecessor's side of a handover: waits on a socket for a process that wants to take over,
/// and gives it everything. The order of the steps is in docs/design/0014-handover.md.
///
/// Until the successor has said that all is its own, nothing is lost: whatever goes wrong, the
/// proxy goes on as if nobody had come. Has a thread of its own.

#include "proxy/handover/channel.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace carrel::proxy {

/// The proxy, as far as a handover needs it. Each call may block for as long as a worker's round of
/// events takes.
class HandoverSource {
public:
    virtual ~HandoverSource() = default;

    struct Settled {
        std::vector<std::pair<std::string, int>> listeners;  ///< what for, and the descriptor
        std::vector<SavedRoute> routes;
        std::vector<Revocation> revocations;
    };
    /// From here on the REST API lets its callers wait.
    [[nodiscard]] virtual Settled settle() = 0;
    /// No handover: the REST API goes on.
    virtual void unsettle() = 0;

    [[nodiscard]] virtual std::vector<Parcel> freeze() = 0;
    virtual void thaw() = 0;

    /// The successor serves now. What is left here is finished, and goes to `hand_on` when it can
    /// travel after all. `hand_on` is called on any thread.
    virtual void leave(std::function<void(Parcel)> hand_on) = 0;
    virtual void revoke(Revocation const& revocation) = 0;
    /// Calls `report`, on any thread and perhaps later, for the routes that what is left here uses.
    virtual void report_activity(std::function<void(ActivityMessage const&)> report) = 0;
};

class HandoverGiver {
public:
    /// Listens on `path`, which only processes of the same user can use.
    [[nodiscard]] static Result<std::unique_ptr<HandoverGiver>> create(
        std::filesystem::path const& path, HandoverSource& source);
    /// A handover that has not come to its end is abandoned.
    ~HandoverGiver();

private:
    HandoverGiver(Socket listener, HandoverSource& source);

    void run();
    /// True once everything is the successor's.
    Result<> serve(HandoverChannel& channel);
    Result<> give_state(HandoverChannel& channel);
    Result<> give_connections(HandoverChannel& channel);
    void accompany(std::shared_ptr<HandoverChannel> const& channel);

    Socket listener_;
    HandoverSource& source_;
    std::atomic<bool> stopped_ = false;
    std::mutex mutex_;  ///< guards channel_
    std::shared_ptr<HandoverChannel> channel_;
    std::thread thread_;
};

/// `parcel` with its descriptors, as a message.
[[nodiscard]] Result<> send_parcel(HandoverChannel& channel, Parcel const& parcel);

}  // namespace carrel::proxy
