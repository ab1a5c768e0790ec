// WebSocket frames as a tunnel watches them: which pieces hold more than pings and pongs is what a
// reader finds that has all frames at once.

#include "fuzz.hpp"

#include "proxy/data_plane/frame_watch.hpp"

#include <algorithm>
#include <vector>

using namespace carrel::proxy;

namespace {

/// For each byte whether it belongs to a frame that is neither a ping nor a pong.
std::vector<bool> read_at_once(std::string_view text) {
    std::vector<bool> active(text.size());
    auto const byte = [&](size_t at) -> uint64_t {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    for (size_t at = 0; at < text.size();) {
        auto const opcode = byte(at) % 16;
        auto const length = byte(at + 1) % 128;
        size_t const extended = length == 126 ? 2 : length == 127 ? 8 : 0;
        uint64_t payload = extended == 0 ? length : 0;
        for (size_t i = 0; i < extended; ++i) payload = payload * 256 + byte(at + 2 + i);
        uint64_t const head = 2 + extended + (byte(at + 1) >= 128 ? 4 : 0);
        // A head that is cut off has a length that nobody knows; it goes to the end.
        uint64_t const left = text.size() - at;
        auto const frame = head >= left || payload >= left - head ? left : head + payload;
        std::fill_n(active.begin() + static_cast<ptrdiff_t>(at), frame,
                    opcode != 9 && opcode != 10);
        at += frame;
    }
    return active;
}

}  // namespace

/// The first byte says how large the pieces are.
extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
    auto text = carrel::fuzz::text_of(data, size);
    if (text.empty()) return 0;
    size_t const piece = static_cast<uint8_t>(text.front()) % 40U + 1U;
    text.remove_prefix(1);
    auto const active = read_at_once(text);
    FrameWatch watch;
    for (size_t at = 0; at < text.size(); at += piece) {
        auto const bytes = text.substr(at, piece);
        auto const first = active.begin() + static_cast<ptrdiff_t>(at);
        bool const wanted =
            std::find(first, first + std::ssize(bytes), true) != first + std::ssize(bytes);
        carrel::fuzz::require(watch.note(bytes) == wanted, "another kind of frame");
    }
    return 0;
}
