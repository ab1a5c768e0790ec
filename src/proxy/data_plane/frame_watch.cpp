#include "proxy/data_plane/frame_watch.hpp"

#include <algorithm>

namespace carrel::proxy {

uint32_t FrameWatch::header_size() const {
    if (have_ < 2) return 2;
    auto const length = header_[1] & 0x7fU;
    uint32_t const extended = length == 126 ? 2 : length == 127 ? 8 : 0;
    return 2 + extended + ((header_[1] & 0x80U) != 0 ? 4 : 0);
}

void FrameWatch::begin_payload() {
    auto const length = header_[1] & 0x7fU;
    size_t const extended = length == 126 ? 2 : length == 127 ? 8 : 0;
    payload_left_ = extended == 0 ? length : 0;
    for (size_t i = 0; i < extended; ++i) payload_left_ = payload_left_ << 8U | header_[2 + i];
    have_ = 0;
}

bool FrameWatch::note(std::string_view bytes) {
    bool active = false;
    while (!bytes.empty()) {
        if (payload_left_ > 0) {
            auto const size = std::min<uint64_t>(payload_left_, bytes.size());
            payload_left_ -= size;
            bytes.remove_prefix(size);
            active = active || !beat_;
            continue;
        }
        auto const byte = static_cast<uint8_t>(bytes.front());
        bytes.remove_prefix(1);
        header_[have_++] = byte;
        if (have_ == 1) {
            auto const opcode = byte & 0x0fU;
            beat_ = opcode == 9 || opcode == 10;
        }
        active = active || !beat_;
        if (have_ >= 2 && have_ == header_size()) begin_payload();
    }
    return active;
}

}  // namespace carrel::proxy
