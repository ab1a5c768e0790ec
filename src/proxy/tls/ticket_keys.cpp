#include "proxy/tls/ticket_keys.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace carrel::proxy {

namespace {

int index_of_keys() {
    static int const index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

int set_up(TicketKeys::Key const& key, unsigned char const* iv, EVP_CIPHER_CTX* cipher,
           EVP_MAC_CTX* mac, bool sealing) {
    std::array<char, 7> digest = {"SHA256"};
    std::array<OSSL_PARAM, 3> const parameters = {
        OSSL_PARAM_construct_octet_string(
            OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(key.mac.data()), key.mac.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    bool const ok = EVP_MAC_CTX_set_params(mac, parameters.data()) == 1 &&
                    EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv,
                                      sealing ? 1 : 0) == 1;
    return ok ? 1 : -1;
}

/// As SSL_CTX_set_tlsext_ticket_key_evp_cb(3) wants it.
int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
              EVP_MAC_CTX* mac, int sealing) {
    auto* const keys =
        static_cast<TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), index_of_keys()));
    if (keys == nullptr) return -1;
    if (sealing == 1) {
        auto const key = keys->current();
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
        std::memcpy(name, key.name.data(), key.name.size());
        return set_up(key, iv, cipher, mac, true);
    }
    auto const key = keys->find(name);
    if (!key) return 0;  // a full handshake, then
    int const ok = set_up(*key, iv, cipher, mac, false);
    bool const renew = ok == 1 && key->name != keys->current().name;
    return renew ? 2 : ok;
}

}  // namespace

void TicketKeys::serve(SSL_CTX& context) {
    SSL_CTX_set_ex_data(&context, index_of_keys(), this);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(&context, on_ticket);
}

void TicketKeys::rotate(int64_t now) {
    while (!keys_.empty() && now - keys_.back().since >= opens_for) keys_.pop_back();
    // A clock that was set back must not keep an old key in use.
    if (!keys_.empty() && now >= keys_.front().since && now - keys_.front().since < seals_for)
        return;
    Key key;
    key.since = now;
    random_.fill(std::as_writable_bytes(std::span(key.name)));
    random_.fill(std::as_writable_bytes(std::span(key.cipher)));
    random_.fill(std::as_writable_bytes(std::span(key.mac)));
    keys_.push_front(key);
}

TicketKeys::Key TicketKeys::current() {
    auto const now = std::chrono::floor<Seconds>(clock_.now()).time_since_epoch().count();
    std::scoped_lock const lock(mutex_);
    rotate(now);
    return keys_.front();
}

std::optional<TicketKeys::Key> TicketKeys::find(unsigned char const* name) {
    auto const now = std::chrono::floor<Seconds>(clock_.now()).time_since_epoch().count();
    std::scoped_lock const lock(mutex_);
    rotate(now);
    auto const found = std::ranges::find_if(
        keys_, [&](Key const& key) { return std::memcmp(key.name.data(), name, 16) == 0; });
    if (found == keys_.end()) return {};
    return *found;
}

}  // namespace carrel::proxy
