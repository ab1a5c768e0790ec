#include "proxy/http2/response.hpp"

#include <utility>

namespace carrel::proxy {

bool Http2Response::passes(Field const& field, bool tunnel) {
    if (field.known == Known::ContentLength) return !tunnel;
    return !is_hop_by_hop(field.known) && !same_name(field.name, "sec-websocket-accept");
}

std::expected<Http2Response::Step, HeadProblem> Http2Response::next(std::string_view input,
                                                                    ResponseHead& head) {
    return begun_ ? read_body(input) : read_head(input, head);
}

std::expected<Http2Response::Step, HeadProblem> Http2Response::read_head(std::string_view input,
                                                                         ResponseHead& head) {
    auto const before = partial_.size();
    auto bytes = input;
    if (before > 0) bytes = partial_.append(input);
    auto const size = scanner_.scan(bytes);
    if (!size) return std::unexpected(size.error());
    if (*size == 0) {
        if (before == 0) partial_ = input;
        return Step{.consumed = input.size()};
    }
    // The bytes stay where they are while the caller looks at `head`.
    memory_ = std::exchange(partial_, {});
    if (before > 0) bytes = memory_;
    scanner_.reset();
    if (auto const problem = parse(bytes.substr(0, *size), head)) return std::unexpected(*problem);
    Step const step{.consumed = *size - before,
                    .part = head.status < 200 && head.status != 101 ? Part::Interim : Part::Head};
    if (step.part == Part::Interim) return step;
    begun_ = true;
    tunnel_ = kind_ == Kind::Tunnel && head.status == 101;
    if (!tunnel_ && head.status == 101)
        return std::unexpected(HeadProblem{502, "a 101 that was not asked for"});
    bool const bodiless =
        tunnel_ || kind_ == Kind::ToHead || head.status == 204 || head.status == 304;
    body_ = Body::of_response(head.framing, bodiless);
    return step;
}

std::expected<Http2Response::Step, HeadProblem> Http2Response::read_body(std::string_view input) {
    memory_ = {};
    if (tunnel_) return Step{.consumed = input.size(), .part = Part::Data, .data = input};
    if (body_.done || input.empty()) return Step{};
    switch (body_.kind) {
        case Body::Kind::Length: {
            auto const data = input.substr(0, body_.left);
            body_.left -= data.size();
            body_.done = body_.left == 0;
            return Step{.consumed = data.size(), .part = Part::Data, .data = data};
        }
        case Body::Kind::Chunked: {
            size_t consumed = 0;
            while (consumed < input.size() && !body_.done) {
                auto const step = body_.decoder.next(input.substr(consumed));
                if (!step) return std::unexpected(step.error());
                consumed += step->consumed;
                body_.done = step->done;
                if (!step->data.empty())
                    return Step{.consumed = consumed, .part = Part::Data, .data = step->data};
            }
            return Step{.consumed = consumed};
        }
        default:
            return std::unexpected(HeadProblem{502, "a body that ends with the connection"});
    }
}

}  // namespace carrel::proxy
