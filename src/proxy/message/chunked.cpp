#include "proxy/message/chunked.hpp"

#include "proxy/message/characters.hpp"

#include <algorithm>

namespace carrel::proxy {

namespace {

constexpr uint32_t most_size_digits = 15;

}  // namespace

std::expected<ChunkedDecoder::Step, HeadProblem> ChunkedDecoder::next(std::string_view input) {
    size_t at = 0;
    while (at < input.size() && state_ != State::Done) {
        if (state_ == State::Data) {
            auto const size = static_cast<size_t>(std::min<uint64_t>(left_, input.size() - at));
            left_ -= size;
            if (left_ == 0) state_ = State::DataEnd;
            return Step{at + size, input.substr(at, size), false};
        }
        if (!step(input[at])) return std::unexpected(HeadProblem{400, "a malformed chunked body"});
        ++at;
    }
    return Step{at, {}, state_ == State::Done};
}

bool ChunkedDecoder::step(char c) {
    switch (state_) {
        case State::Size:
        case State::Extension:
            return step_size(c);
        case State::SizeEnd:
            last_ = left_ == 0;
            state_ = last_ ? State::Trailer : State::Data;
            counted_ = 0;
            return c == '\n';
        case State::DataEnd:
            state_ = State::DataEndLine;
            return c == '\r';
        case State::DataEndLine:
            state_ = State::Size;
            return c == '\n';
        case State::Trailer:
        case State::TrailerLine:
        case State::TrailerLineEnd:
            return step_trailer(c);
        case State::LastLine:
            state_ = State::Done;
            return c == '\n';
        case State::Data:
        case State::Done:
            return false;
    }
    return false;
}

bool ChunkedDecoder::step_size(char c) {
    if (c == '\r') {
        bool const complete = state_ == State::Extension || counted_ > 0;
        state_ = State::SizeEnd;
        return complete;
    }
    if (state_ == State::Extension) return is_value(c) && ++counted_ <= longest_extension;
    if (c == ';') {
        bool const complete = counted_ > 0;
        state_ = State::Extension;
        counted_ = 0;
        return complete;
    }
    int const digit = hex_digit(c);
    if (digit < 0 || ++counted_ > most_size_digits) return false;
    left_ = left_ * 16 + static_cast<uint64_t>(digit);
    return true;
}

bool ChunkedDecoder::step_trailer(char c) {
    if (++counted_ > largest_trailer) return false;
    if (state_ == State::TrailerLineEnd) {
        state_ = State::Trailer;
        return c == '\n';
    }
    if (c == '\r') {
        state_ = state_ == State::Trailer ? State::LastLine : State::TrailerLineEnd;
        return true;
    }
    bool const valid = state_ == State::Trailer ? is_token(c) : is_value(c);
    state_ = State::TrailerLine;
    return valid;
}

}  // namespace carrel::proxy
