#pragma once

/// Where the frames of a client's HTTP/2 begin: what has to be known of each before libnghttp2
/// takes it. Part of an `Http2Session`.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace carrel::proxy {

struct Http2FrameHead {
    uint32_t size = 0;  ///< of what follows the head
    uint8_t type = 0;
    uint8_t flags = 0;
    uint32_t stream = 0;
    uint32_t depends_on = 0;  ///< of a PRIORITY frame
};

class Http2FrameReader {
public:
    struct Piece {
        size_t size = 0;                     ///< what can be handed on as one
        std::optional<Http2FrameHead> head;  ///< the piece ends with it
    };
    /// The first piece of `bytes`, which is all of them while there is no end of a head.
    Piece next(std::string_view bytes);

private:
    [[nodiscard]] size_t head_size() const;
    [[nodiscard]] uint32_t number(size_t at, size_t size) const;

    std::array<unsigned char, 13> head_ = {};  ///< with what a PRIORITY frame begins with
    uint32_t collected_ = 0;                   ///< of head_
    uint32_t left_ = 24;                       ///< of a payload, or of the connection's preface
};

}  // namespace carrel::proxy
