#pragma once

/// The successor's side of a handover: asks the proxy that runs for everything, and stays in touch
/// with it while it finishes what could not travel. See docs/design/0014-handover.md.

#include "proxy/handover/channel.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <thread>

namespace carrel::proxy {

class HandoverTaker {
public:
    /// Reaches the proxy that listens on `path` and receives what it knows. Conflict: it refuses,
    /// or speaks another version. It goes on serving; destroying this lets it.
    [[nodiscard]] static Result<std::unique_ptr<HandoverTaker>> begin(
        std::filesystem::path const& path);
    ~HandoverTaker();

    /// The listening sockets of a role ("public", "api"); each is given once.
    [[nodiscard]] std::vector<Socket> listeners(std::string const& role);
    [[nodiscard]] std::vector<SavedRoute> const& routes() const { return routes_; }
    [[nodiscard]] std::vector<Revocation> const& revocations() const { return revocations_; }

    /// Says that we could serve now, and receives the connections. After success everything is
    /// ours, and has to be served at once.
    [[nodiscard]] Result<std::vector<Parcel>> take();

    /// From now on: connections that come later, and activity of routes, on a thread of its own.
    void accompany(std::function<void(Parcel)> adopt,
                   std::function<void(ActivityMessage const&)> note_activity);
    /// The predecessor has not ended yet.
    [[nodiscard]] bool is_present() const { return present_; }
    /// What is left over there has to obey, too; nothing before `accompany`. Thread-safe.
    void revoke(Revocation const& revocation);

private:
    explicit HandoverTaker(std::unique_ptr<HandoverChannel> channel);
    Result<> receive_state();
    [[nodiscard]] static Result<Parcel> parcel_of(Message message);

    std::unique_ptr<HandoverChannel> channel_;
    std::map<std::string, std::vector<Socket>> listeners_;
    std::vector<SavedRoute> routes_;
    std::vector<Revocation> revocations_;
    std::atomic<bool> stopped_ = false;
    std::atomic<bool> present_ = true;
    std::atomic<bool> accompanies_ = false;
    std::thread thread_;
};

}  // namespace carrel::proxy
