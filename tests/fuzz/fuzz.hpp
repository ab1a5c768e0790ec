#pragma once

/// What every fuzz target shares: libFuzzer's entry point, and a check that ends the program, which
/// is how libFuzzer learns of a broken promise. A target is one function without memory.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size);

namespace carrel::fuzz {

inline std::string_view text_of(uint8_t const* data, size_t size) {
    return {reinterpret_cast<char const*>(data), size};
}

/// Ends the program unless `promise` holds.
inline void require(bool promise, char const* what) {
    if (promise) return;
    std::fprintf(stderr, "broken promise: %s\n", what);
    std::abort();
}

/// Cuts the text at the first `separator`; the rest is "" when there is none.
inline std::string_view cut(std::string_view& text, char separator) {
    auto const end = text.find(separator);
    auto const first = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    return first;
}

}  // namespace carrel::fuzz
