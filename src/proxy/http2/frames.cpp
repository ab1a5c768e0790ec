#include "proxy/http2/frames.hpp"

#include <algorithm>

namespace carrel::proxy {

namespace {

constexpr size_t frame_head_size = 9;
constexpr size_t dependency_size = 4;
constexpr uint8_t priority_type = 2;

}  // namespace

Http2FrameReader::Piece Http2FrameReader::next(std::string_view bytes) {
    if (left_ > 0) {
        auto const size = std::min<size_t>(left_, bytes.size());
        left_ -= static_cast<uint32_t>(size);
        return {.size = size};
    }
    size_t used = 0;
    while (used < bytes.size() && collected_ < head_size())
        head_.at(collected_++) = static_cast<unsigned char>(bytes[used++]);
    if (collected_ < head_size()) return {.size = used};
    Http2FrameHead head{.size = number(0, 3),
                        .type = head_[3],
                        .flags = head_[4],
                        .stream = number(5, 4) & 0x7fffffffU};
    if (collected_ > frame_head_size) head.depends_on = number(frame_head_size, 4) & 0x7fffffffU;
    left_ = head.size - static_cast<uint32_t>(collected_ - frame_head_size);
    collected_ = 0;
    return {.size = used, .head = head};
}

/// How much of `head_` has to be collected, as far as is known.
size_t Http2FrameReader::head_size() const {
    bool const longer = collected_ >= frame_head_size && head_[3] == priority_type &&
                        number(0, 3) >= dependency_size;
    return longer ? frame_head_size + dependency_size : frame_head_size;
}

uint32_t Http2FrameReader::number(size_t at, size_t size) const {
    uint32_t value = 0;
    for (size_t i = at; i < at + size; ++i) value = value << 8U | head_.at(i);
    return value;
}

}  // namespace carrel::proxy
