// Response heads: what is written for the client is read by the same parser as the same response.

#include "fuzz.hpp"

#include "proxy/message/head.hpp"
#include "proxy/message/rewrite.hpp"

#include <memory>

using namespace carrel::proxy;
using carrel::fuzz::require;

namespace {

void check_rewritten(ResponseHead const& head, BodyCoding coding, bool confined) {
    static Options const options = [] {
        Options made;
        made.auto_rewrite = true;
        made.protocol_rewrite = "https";
        made.hsts = carrel::Seconds(60);
        return made;
    }();
    static auto const target = Target::parse("http://127.0.0.1:1").value();
    static Route const free{.path = "/a", .target = target, .login = "/login"};
    static Route const apart{.path = "/a", .target = target, .confined = true};
    static BufferPool pool;
    Buffer out;
    if (!write_response_head(out, pool, head,
                             {.options = options,
                              .route = confined ? &apart : &free,
                              .target = &target,
                              .client_host = "h",
                              .coding = coding,
                              .client_minor_version = confined ? 0U : 1U,
                              .keep_alive = confined,
                              .switching_protocols = head.status == 101,
                              .secure = confined}))
        return;
    HeadScanner scanner;
    auto const end = scanner.scan(out.view());
    if (!end || *end == 0) {
        require(out.view().size() >= largest_head, "a head is cut short");
        return;
    }
    require(*end == out.view().size(), "a head ends early");
    auto const again = std::make_unique<ResponseHead>();
    if (auto const problem = parse(out.view(), *again)) {
        require(problem->reason == "more than 100 header fields", "a head is written malformed");
        return;
    }
    require(again->status == head.status, "the status has changed");
    require(again->framing.chunked == (coding == BodyCoding::Chunked), "the coding has changed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
    auto const text = carrel::fuzz::text_of(data, size);
    auto const head = std::make_unique<ResponseHead>();
    HeadScanner scanner;
    auto const end = scanner.scan(text);
    if (!end || *end == 0 || parse(text.substr(0, *end), *head)) return 0;
    if (head->status < 200 && head->status != 101) return 0;
    auto const coding = head->framing.content_length ? BodyCoding::Length : BodyCoding::Chunked;
    if (head->status != 101) check_rewritten(*head, coding, false);
    for (bool const confined : {false, true}) check_rewritten(*head, BodyCoding::None, confined);
    return 0;
}
