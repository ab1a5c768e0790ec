#include "base/random.hpp"

#include "base/encoding.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace carrel {

namespace {

std::string_view as_text(std::span<std::byte const> bytes) {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string Random::hex(size_t bytes) {
    std::vector<std::byte> buffer(bytes);
    fill(buffer);
    return to_hex(as_text(buffer));
}

std::string Random::secret(size_t bytes) {
    std::vector<std::byte> buffer(bytes);
    fill(buffer);
    return to_base64url(as_text(buffer));
}

std::string Random::uuid() {
    std::array<std::byte, 16> bytes{};
    fill(bytes);
    bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};  // version 4
    bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};  // variant of RFC 9562
    auto text = to_hex(as_text(bytes));
    for (size_t const dash : {20U, 16U, 12U, 8U}) text.insert(dash, "-");
    return text;
}

void SystemRandom::fill(std::span<std::byte> out) {
    while (!out.empty()) {
        auto const count = ::getrandom(out.data(), out.size(), 0);
        if (count < 0) {
            if (errno == EINTR) continue;
            std::abort();
        }
        out = out.subspan(static_cast<size_t>(count));
    }
}

void CountingRandom::fill(std::span<std::byte> out) {
    std::scoped_lock const lock(mutex_);
    for (auto& byte : out) {
        byte = static_cast<std::byte>(next_ * 167U + (next_ >> 8U));
        ++next_;
    }
}

}  // namespace carrel
