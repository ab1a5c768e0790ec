#include "auth/factor/sealer.hpp"

#include "base/encoding.hpp"

#include <sodium.h>

#include <stdexcept>

namespace carrel {

namespace {

constexpr size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;

unsigned char const* bytes(std::string_view text) {
    return reinterpret_cast<unsigned char const*>(text.data());
}

unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

Sealer::Sealer(std::string key, Random& random) : key_(std::move(key)), random_(random) {
    if (key_.size() != crypto_aead_xchacha20poly1305_ietf_KEYBYTES)
        throw std::invalid_argument("a key for sealing has 32 bytes");
}

std::string Sealer::seal(std::string_view secret, std::string_view belongs_to) const {
    std::string nonce(nonce_size, '\0');
    random_.fill(std::as_writable_bytes(std::span(nonce)));
    std::string sealed(secret.size() + tag_size, '\0');
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(sealed), nullptr, bytes(secret), secret.size(),
                                               bytes(belongs_to), belongs_to.size(), nullptr,
                                               bytes(nonce), bytes(key_));
    return to_base64url(nonce + sealed);
}

Result<std::string> Sealer::open(std::string_view sealed, std::string_view belongs_to) const {
    auto const unreadable = fail(
        Code::Internal, "open a sealed secret: it is damaged, or the file sealing-key is another");
    auto const whole = from_base64url(sealed);
    if (!whole || whole->size() < nonce_size + tag_size) return unreadable;
    auto const text = std::string_view(*whole).substr(nonce_size);
    std::string secret(text.size() - tag_size, '\0');
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            bytes(secret), nullptr, nullptr, bytes(text), text.size(), bytes(belongs_to),
            belongs_to.size(), bytes(*whole), bytes(key_)) != 0)
        return unreadable;
    return secret;
}

}  // namespace carrel
