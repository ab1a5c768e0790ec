#pragma once

/// Reads the chunked transfer coding (RFC 9112 section 7.1), strictly and as its bytes arrive.
/// Chunk extensions and trailers are dropped, but a trailer line must be a field line, and none of
/// framing: what is something else to another parser must not pass as a trailer here.

#include "proxy/message/head.hpp"

#include <cstdint>
#include <expected>
#include <string_view>

namespace carrel::proxy {

class ChunkedDecoder {
public:
    static constexpr uint32_t longest_extension = 1024;
    static constexpr uint32_t largest_trailer = 16384;

    struct Step {
        size_t consumed = 0;    ///< bytes of the input that are done with, `data` included
        std::string_view data;  ///< a piece of the body, inside the input
        bool done = false;      ///< the last chunk and the trailer have been read
    };
    /// Reads on until there is a piece of data, the end, or no input left.
    [[nodiscard]] std::expected<Step, HeadProblem> next(std::string_view input);

private:
    enum class State : uint8_t {
        Size,
        Extension,
        SizeEnd,  ///< LF after the size line's CR
        Data,
        DataEnd,      ///< CR
        DataEndLine,  ///< LF
        Trailer,      ///< at the start of a trailer line
        TrailerName,
        TrailerValue,
        TrailerLineEnd,
        LastLine,  ///< LF of the empty line
        Done,
    };
    [[nodiscard]] bool step(char c);
    [[nodiscard]] bool step_size(char c);
    [[nodiscard]] bool step_trailer(char c);
    void note_name(char c);
    [[nodiscard]] bool named_framing() const;

    uint64_t left_ = 0;     ///< of the size while it is read, then of the chunk's data
    uint32_t counted_ = 0;  ///< digits of the size, bytes of the extension, bytes of the trailer
    State state_ = State::Size;
    uint8_t trailer_fields_ = 0;
    uint8_t name_size_ = 0;    ///< of the trailer field, as far as it matters
    bool may_length_ = false;  ///< its name begins as Content-Length does
    bool may_coding_ = false;  ///< or Transfer-Encoding
    bool last_ = false;
};

}  // namespace carrel::proxy
