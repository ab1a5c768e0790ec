#include "auth/factor/totp.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace carrel::totp {

std::string make_secret(Random& random) {
    std::string secret(20, '\0');
    random.fill(std::as_writable_bytes(std::span(secret)));
    return secret;
}

std::string base32(std::string_view bytes) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string text;
    unsigned buffer = 0;
    unsigned bits = 0;
    for (auto const byte : bytes) {
        buffer = (buffer << 8U) | static_cast<unsigned char>(byte);
        for (bits += 8; bits >= 5; bits -= 5) text += letters[(buffer >> (bits - 5)) & 31U];
    }
    if (bits > 0) text += letters[(buffer << (5 - bits)) & 31U];
    return text;
}

long long step_at(Time now) {
    return std::chrono::floor<Seconds>(now.time_since_epoch()) / step_lasts;
}

std::string code_of(std::string_view secret, long long step, int digits) {
    std::array<unsigned char, 8> message{};
    for (size_t i = 0; i < message.size(); ++i)
        message[i] = static_cast<unsigned char>(static_cast<unsigned long long>(step) >>
                                                (8U * (message.size() - 1 - i)));
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), message.data(), message.size(),
         hash.data(), &size);
    auto const offset = hash.at(size - 1) & 15U;
    auto const number = ((hash.at(offset) & 0x7fU) << 24U) | (hash.at(offset + 1) * (1U << 16U)) |
                        (hash.at(offset + 2) * (1U << 8U)) | hash.at(offset + 3);
    unsigned modulus = 1;
    for (int i = 0; i < digits; ++i) modulus *= 10;
    return fmt::format("{:0{}}", number % modulus, digits);
}

std::optional<long long> matching_step(std::string_view secret, std::string_view code, Time now,
                                       long long last_used) {
    std::optional<long long> found;
    // All three are compared, so that the time it takes tells nothing.
    for (long long const off : {-1, 0, 1}) {
        auto const step = step_at(now) + off;
        if (equals_in_constant_time(code_of(secret, step), code) && step > last_used && !found)
            found = step;
    }
    return found;
}

std::string address_of(std::string_view secret, std::string_view issuer, std::string_view account) {
    return fmt::format("otpauth://totp/{}:{}?secret={}&issuer={}&algorithm=SHA1&digits=6&period=30",
                       percent_encode(issuer), percent_encode(account), base32(secret),
                       percent_encode(issuer));
}

}  // namespace carrel::totp
