// Where HTTP/2 frames begin: as a reader finds that has all bytes at once, however they arrive.

#include "fuzz.hpp"

#include "proxy/http2/frames.hpp"

#include <algorithm>
#include <vector>

using namespace carrel::proxy;
using carrel::fuzz::require;

namespace {

constexpr size_t preface_size = 24;
constexpr size_t head_size = 9;
constexpr uint8_t priority = 2;

uint32_t number(std::string_view bytes) {
    uint32_t value = 0;
    for (char const c : bytes) value = value * 256 + static_cast<unsigned char>(c);
    return value;
}

std::vector<Http2FrameHead> read_at_once(std::string_view text) {
    std::vector<Http2FrameHead> heads;
    for (size_t at = preface_size; at + head_size <= text.size();) {
        Http2FrameHead head{.size = number(text.substr(at, 3)),
                            .type = static_cast<uint8_t>(text[at + 3]),
                            .flags = static_cast<uint8_t>(text[at + 4]),
                            .stream = number(text.substr(at + 5, 4)) & 0x7fffffffU};
        at += head_size;
        if (head.type == priority && head.size >= 4) {
            if (at + 4 > text.size()) break;
            head.depends_on = number(text.substr(at, 4)) & 0x7fffffffU;
        }
        at += head.size;
        heads.push_back(head);
    }
    return heads;
}

std::vector<Http2FrameHead> read_in_pieces(std::string_view text, size_t piece) {
    Http2FrameReader reader;
    std::vector<Http2FrameHead> heads;
    while (!text.empty()) {
        auto pending = text.substr(0, piece);
        text.remove_prefix(pending.size());
        while (!pending.empty()) {
            auto const found = reader.next(pending);
            require(found.size > 0 && found.size <= pending.size(), "no progress");
            if (found.head) heads.push_back(*found.head);
            pending.remove_prefix(found.size);
        }
    }
    return heads;
}

bool same(Http2FrameHead const& one, Http2FrameHead const& other) {
    return one.size == other.size && one.type == other.type && one.flags == other.flags &&
           one.stream == other.stream && one.depends_on == other.depends_on;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
    auto const text = carrel::fuzz::text_of(data, size);
    auto const wanted = read_at_once(text);
    for (size_t const piece : {std::max<size_t>(1, size), size_t{1}, size_t{7}})
        require(std::ranges::equal(read_in_pieces(text, piece), wanted, same), "other frames");
    return 0;
}
