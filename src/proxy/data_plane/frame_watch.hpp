#pragma once

/// Tells what a WebSocket client does from the pings and pongs that its browser sends by itself,
/// by reading the frames' headers (RFC 6455 section 5.2) as they pass. Payloads are skipped. A
/// value; belongs to a tunnel.

#include <array>
#include <cstdint>
#include <string_view>

namespace carrel::proxy {

class FrameWatch {
public:
    /// True when the bytes hold any part of a frame that is neither a ping nor a pong.
    [[nodiscard]] bool note(std::string_view bytes);

private:
    /// How long the header is, once its first two bytes are known.
    [[nodiscard]] uint32_t header_size() const;
    void begin_payload();

    uint64_t payload_left_ = 0;
    std::array<uint8_t, 14> header_ = {};
    uint8_t have_ = 0;   ///< bytes of the header
    bool beat_ = false;  ///< the frame is a ping or a pong
};

}  // namespace carrel::proxy
