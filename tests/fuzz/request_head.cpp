// Request heads: accepting does not depend on how the bytes arrive, and what is written for the
// upstream is read by the same parser as the same request.

#include "fuzz.hpp"

#include "proxy/message/head.hpp"
#include "proxy/message/rewrite.hpp"

#include <algorithm>
#include <memory>

using namespace carrel::proxy;
using carrel::fuzz::require;

namespace {

/// 0: accepted, 1: incomplete, else the refusal.
unsigned scan_in_pieces(std::string_view text, size_t piece, RequestHead& head) {
    HeadScanner scanner;
    for (size_t size = 0; size < text.size();) {
        size = std::min(text.size(), size + piece);
        auto const end = scanner.scan(text.substr(0, size));
        if (!end) return end.error().status;
        if (*end == 0) continue;
        auto const problem = parse(text.substr(0, *end), head);
        return problem ? problem->status : 0;
    }
    return 1;
}

void check_rewritten(RequestHead const& head) {
    static Options const options;
    static auto const target = Target::parse("http://127.0.0.1:1/base").value();
    static Route const route{.path = "/", .target = target, .secret = "s"};
    static BufferPool pool;
    EdgeAuth::Decision const decision;
    Buffer out;
    if (!write_request_head(out, pool, head,
                            {.options = options,
                             .route = route,
                             .target = target,
                             .decision = decision,
                             .client_address = "192.0.2.1",
                             .new_request_id = "id"}))
        return;
    auto const written = out.view();
    HeadScanner scanner;
    auto const end = scanner.scan(written);
    // A rewritten head may have become too large, or have too many fields; nothing else.
    if (!end || *end == 0) {
        require(written.size() >= largest_head, "a head is cut short");
        return;
    }
    require(*end == written.size(), "a head ends early");
    auto const again = std::make_unique<RequestHead>();
    if (auto const problem = parse(written, *again)) {
        require(problem->status == 431 || problem->status == 414, "a head is written malformed");
        return;
    }
    require(again->method == head.method, "the method has changed");
    require(again->target.ends_with(head.target) || !head.target.starts_with('/'),
            "the target has changed");
    require(again->framing.chunked == head.framing.chunked, "the coding has changed");
    require(again->framing.content_length.value_or(0) == head.framing.content_length.value_or(0),
            "the length has changed");
    require(again->websocket == head.websocket, "the upgrade has changed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
    auto const text = carrel::fuzz::text_of(data, size);
    auto const head = std::make_unique<RequestHead>();
    auto const whole = scan_in_pieces(text, text.size(), *head);
    if (whole == 0) {
        require(!head->target.empty() && (head->target[0] == '/' || head->target == "*"), "form");
        require(!(head->framing.chunked && head->framing.content_length), "two framings");
        if (head->target != "*") check_rewritten(*head);
    }
    require(whole == scan_in_pieces(text, 7, *head), "it matters how the bytes arrive");
    return 0;
}
