#pragma once

/// How the end of a message's body is found (RFC 9112 section 6), and how much is still to come.

#include "proxy/message/chunked.hpp"

namespace carrel::proxy {

struct Body {
    enum class Kind : uint8_t { None, Length, Chunked, UntilClose };

    Kind kind = Kind::None;
    bool done = true;
    uint64_t left = 0;  ///< of a Length body
    ChunkedDecoder decoder = {};

    [[nodiscard]] static Body of_request(Framing const& framing) {
        if (framing.chunked) return {.kind = Kind::Chunked, .done = false};
        return of_length(framing.content_length.value_or(0));
    }
    /// `bodiless`: an answer to HEAD, or a status that never has a body.
    [[nodiscard]] static Body of_response(Framing const& framing, bool bodiless) {
        if (bodiless) return {};
        if (framing.chunked) return {.kind = Kind::Chunked, .done = false};
        if (framing.content_length) return of_length(*framing.content_length);
        return {.kind = Kind::UntilClose, .done = false};
    }

private:
    static Body of_length(uint64_t length) {
        if (length == 0) return {};
        return {.kind = Kind::Length, .done = false, .left = length};
    }
};

}  // namespace carrel::proxy
