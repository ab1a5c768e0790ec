#include "auth/local/password_hasher.hpp"

#include <sodium.h>

#include <array>
#include <stdexcept>

namespace carrel {

class PasswordHasher::Turn {
public:
    explicit Turn(PasswordHasher const& hasher) : hasher_(hasher) {
        hasher_.turns_.acquire();
        int const busy = ++hasher_.busy_;
        for (int seen = hasher_.busiest_; seen < busy;)
            if (hasher_.busiest_.compare_exchange_weak(seen, busy)) break;
    }
    ~Turn() {
        --hasher_.busy_;
        hasher_.turns_.release();
    }
    Turn(Turn const&) = delete;
    Turn& operator=(Turn const&) = delete;

private:
    PasswordHasher const& hasher_;
};

PasswordHasher::PasswordHasher(PasswordCost cost) : cost_(cost) {
    if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
}

Result<std::string> PasswordHasher::hash(std::string_view password) const {
    std::array<char, crypto_pwhash_STRBYTES> text{};
    Turn const turn(*this);
    if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), cost_.passes,
                              cost_.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return fail(Code::LimitReached, "hash a password: not enough memory at present");
    return std::string(text.data());
}

bool PasswordHasher::matches(std::string_view hash, std::string_view password) const {
    // libsodium wants a terminated string.
    std::string const text(hash);
    Turn const turn(*this);
    return crypto_pwhash_str_verify(text.c_str(), password.data(), password.size()) == 0;
}

bool PasswordHasher::is_outdated(std::string_view hash) const {
    std::string const text(hash);
    return crypto_pwhash_str_needs_rehash(text.c_str(), cost_.passes, cost_.memory_bytes) != 0;
}

}  // namespace carrel
