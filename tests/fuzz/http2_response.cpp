// What an exchange writes for a stream of HTTP/2: the parts do not depend on how the bytes arrive,
// and nothing that is for one hop of HTTP/1.1 goes on.

#include "fuzz.hpp"

#include "proxy/http2/response.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>

using namespace carrel::proxy;
using carrel::fuzz::require;

namespace {

void check_fields(ResponseHead const& head, bool tunnel) {
    constexpr std::array<std::string_view, 6> forbidden = {
        "connection", "keep-alive",        "proxy-connection",
        "upgrade",    "transfer-encoding", "sec-websocket-accept"};
    for (auto const& field : head.fields) {
        if (!Http2Response::passes(field, tunnel)) continue;
        for (auto const name : forbidden)
            require(!same_name(field.name, name), "a field of HTTP/1.1 alone goes on");
        require(!tunnel || !same_name(field.name, "content-length"), "the length of a tunnel");
    }
}

/// The parts as a text, and how it ended.
std::string read_in_pieces(Http2Response::Kind kind, std::string_view text, size_t piece) {
    Http2Response response(kind);
    auto const head = std::make_unique<ResponseHead>();
    std::string parts;
    while (!text.empty()) {
        auto pending = text.substr(0, piece);
        text.remove_prefix(pending.size());
        while (!pending.empty()) {
            if (response.done()) return parts + "<done>";
            auto const step = response.next(pending, *head);
            if (!step) return parts + "<refused>";
            require(step->consumed > 0 && step->consumed <= pending.size(), "no progress");
            parts += step->data;
            if (step->part == Http2Response::Part::Interim ||
                step->part == Http2Response::Part::Head) {
                check_fields(*head, response.tunnel());
                parts += "<" + std::to_string(head->status) + " " + std::string(head->reason);
                for (auto const& field : head->fields)
                    parts.append(field.name).append(":").append(field.value);
                parts += ">";
            }
            pending.remove_prefix(step->consumed);
        }
    }
    require(!response.tunnel() || kind == Http2Response::Kind::Tunnel, "a tunnel nobody asked for");
    return parts + (response.done() ? "<done>" : "<more>");
}

}  // namespace

/// The first byte says what was asked for.
extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
    auto text = carrel::fuzz::text_of(data, size);
    if (text.empty()) return 0;
    auto const kind = static_cast<Http2Response::Kind>(static_cast<uint8_t>(text.front()) % 3);
    text.remove_prefix(1);
    auto const whole = read_in_pieces(kind, text, std::max<size_t>(1, text.size()));
    for (size_t const piece : {1U, 5U, 64U})
        require(whole == read_in_pieces(kind, text, piece), "it matters how the bytes arrive");
    return 0;
}
