#pragma once

/// What two proxies say to each other while one takes over from the other, and how that is written.
///
/// A message is a kind and a body of numbers (little-endian) and texts (a length, then the bytes).
/// Reading is strict: a body that is too short, too long or out of range is an error, and the
/// handover with it, because whatever is misunderstood here is somebody's connection. Plain values.

#include "proxy/edge_auth.hpp"
#include "proxy/handover/parcel.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::proxy {

/// Grows with every change of what follows; two proxies of different versions do not hand over.
inline constexpr uint32_t handover_version = 1;

enum class MessageKind : uint8_t {
    Hello = 1,   ///< from the successor: its version
    Refusal,     ///< no handover, and why
    Listener,    ///< one descriptor: a listening socket, and what it is for
    Route,       ///< a route as the REST API was given it, and its activity
    Revocation,  ///< from the predecessor while taking over; later from the successor
    Settled,     ///< that was all; how many routes
    Prepared,    ///< from the successor: it could serve now
    Connection,  ///< one descriptor or two: a parcel
    Complete,    ///< how many connections have been sent
    Taken,       ///< from the successor: they are its own now. There is no way back from here
    Released,    ///< the answer: the predecessor has let go of them
    Activity,    ///< a route was used by what could not travel
};
inline constexpr auto last_message_kind = MessageKind::Activity;

struct HelloMessage {
    uint32_t version = handover_version;
};
struct RefusalMessage {
    std::string reason;
};
struct ListenerMessage {
    std::string role;  ///< "public", "api"
};
/// A route as it is kept outside of the data plane.
struct SavedRoute {
    std::string path;
    std::string data;           ///< the JSON object that was posted
    int64_t last_activity = 0;  ///< milliseconds since 1970
    int64_t last_change = 0;    ///< by a request that may have changed something; 0: never
};
struct CountMessage {
    uint64_t count = 0;
};
struct ActivityMessage {
    std::string path;
    int64_t last_activity = 0;
};

[[nodiscard]] std::string encode(HelloMessage const& message);
[[nodiscard]] std::string encode(RefusalMessage const& message);
[[nodiscard]] std::string encode(ListenerMessage const& message);
[[nodiscard]] std::string encode(SavedRoute const& message);
[[nodiscard]] std::string encode(Revocation const& message);
[[nodiscard]] std::string encode(CountMessage const& message);
[[nodiscard]] std::string encode(ActivityMessage const& message);
/// Without the descriptors.
[[nodiscard]] std::string encode(Parcel const& message);

/// InvalidArgument: this is no such message.
template <class Message>
[[nodiscard]] Result<Message> decode(std::string_view body);
/// A parcel with `tunnel` set wants two descriptors, which the caller puts in.
template <>
[[nodiscard]] Result<Parcel> decode(std::string_view body);
template <>
[[nodiscard]] Result<HelloMessage> decode(std::string_view body);
template <>
[[nodiscard]] Result<RefusalMessage> decode(std::string_view body);
template <>
[[nodiscard]] Result<ListenerMessage> decode(std::string_view body);
template <>
[[nodiscard]] Result<SavedRoute> decode(std::string_view body);
template <>
[[nodiscard]] Result<Revocation> decode(std::string_view body);
template <>
[[nodiscard]] Result<CountMessage> decode(std::string_view body);
template <>
[[nodiscard]] Result<ActivityMessage> decode(std::string_view body);

}  // namespace carrel::proxy
