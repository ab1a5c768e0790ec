#include "proxy/message/chunked.hpp"

#include "proxy/message/characters.hpp"

#include <algorithm>

namespace carrel::proxy {

namespace {

constexpr uint32_t most_size_digits = 15;
constexpr std::string_view length_name = "content-length";
constexpr std::string_view coding_name = "transfer-encoding";
static_assert(length_name.size() <= coding_name.size());

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
        case State::TrailerName:
        case State::TrailerValue:
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
    switch (state_) {
        case State::Trailer:
            if (c == '\r') {
                state_ = State::LastLine;
                return true;
            }
            state_ = State::TrailerName;
            name_size_ = 0;
            may_length_ = may_coding_ = true;
            note_name(c);
            return is_token(c) && ++trailer_fields_ <= most_fields;
        case State::TrailerName:
            note_name(c);
            if (c != ':') return is_token(c);
            state_ = State::TrailerValue;
            return !named_framing();
        case State::TrailerValue:
            if (c != '\r') return is_value(c);
            state_ = State::TrailerLineEnd;
            return true;
        default:  // TrailerLineEnd
            state_ = State::Trailer;
            return c == '\n';
    }
}

/// The name is not kept; no more of it is than whether it is one of the two.
void ChunkedDecoder::note_name(char c) {
    if (c == ':' || name_size_ > coding_name.size()) return;
    auto const continues = [&](std::string_view name) {
        return name_size_ < name.size() && name[name_size_] == lower_ascii(c);
    };
    may_length_ = may_length_ && continues(length_name);
    may_coding_ = may_coding_ && continues(coding_name);
    ++name_size_;
}

bool ChunkedDecoder::named_framing() const {
    return (may_length_ && name_size_ == length_name.size()) ||
           (may_coding_ && name_size_ == coding_name.size());
}

}  // namespace carrel::proxy
