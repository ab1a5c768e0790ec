// Chunked bodies: what comes out does not depend on how the bytes arrive.

#include "fuzz.hpp"

#include "proxy/message/chunked.hpp"

#include <algorithm>
#include <string>

using namespace carrel::proxy;

namespace {

std::string decode_in_pieces(std::string_view text, size_t piece) {
    ChunkedDecoder decoder;
    std::string body;
    while (!text.empty()) {
        auto pending = text.substr(0, piece);
        text.remove_prefix(pending.size());
        while (!pending.empty()) {
            auto const step = decoder.next(pending);
            if (!step) return body + "<refused>";
            carrel::fuzz::require(step->consumed > 0 || step->done, "no progress");
            carrel::fuzz::require(step->consumed <= pending.size(), "more than there is");
            body += step->data;
            pending.remove_prefix(step->consumed);
            if (step->done) return body + "<done>";
        }
    }
    return body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
    auto const text = carrel::fuzz::text_of(data, size);
    auto const whole = decode_in_pieces(text, std::max<size_t>(1, size));
    carrel::fuzz::require(whole == decode_in_pieces(text, 1), "it matters how the bytes arrive");
    carrel::fuzz::require(whole == decode_in_pieces(text, 5), "it matters how the bytes arrive");
    return 0;
}
