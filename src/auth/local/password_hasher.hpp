#pragma once

/// Turns passwords into Argon2id hashes in PHC form, and checks them.
///
/// The usual cost is libsodium's "interactive": 64 MiB and 2 passes, some 50 ms. It is three times
/// the memory that OWASP asks for at least; "moderate" (256 MiB) would let a class that logs in at
/// once push the notebook servers of a small machine out of memory. Thread-safe.

#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace carrel {

struct PasswordCost {
    unsigned long long passes = 2;
    size_t memory_bytes = 64UL * 1024UL * 1024UL;
};
/// The least that Argon2id takes, for tests.
inline constexpr PasswordCost cheapest_password_cost{1, 8192};

class PasswordHasher {
public:
    explicit PasswordHasher(PasswordCost cost = {});

    /// LimitReached: there is not enough memory at present.
    [[nodiscard]] Result<std::string> hash(std::string_view password) const;
    /// False also for a hash that is malformed or empty.
    [[nodiscard]] bool matches(std::string_view hash, std::string_view password) const;
    /// True when `hash` was made at another cost than this hasher's.
    [[nodiscard]] bool is_outdated(std::string_view hash) const;

private:
    PasswordCost cost_;
};

}  // namespace carrel
