// Cookies: none of ours is left in what goes on, and what has none of ours is left as it is.

#include "fuzz.hpp"

#include "proxy/message/cookies.hpp"

using namespace carrel::proxy;

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
    auto const text = carrel::fuzz::text_of(data, size);
    static BufferPool pool;
    Buffer out;
    bool const left = size <= 65536 && append_foreign_cookies(out, pool, text);
    carrel::fuzz::require(!has_own_cookie(out.view()), "our cookie goes on");
    carrel::fuzz::require(left == !out.empty(), "something is left, or not");
    // Once more changes nothing.
    Buffer again;
    if (left && append_foreign_cookies(again, pool, out.view()))
        carrel::fuzz::require(again.view() == out.view(), "once more changes it");
    static_cast<void>(sets_own_cookie(text));
    static_cast<void>(sets_hub_cookie(text));
    return 0;
}
