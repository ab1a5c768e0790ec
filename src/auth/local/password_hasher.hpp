#pragma once

/// Turns passwords into Argon2id hashes in PHC form, and checks them.
///
/// The usual cost is libsodium's "interactive": 64 MiB and 2 passes, some 50 ms. It is three times
/// the memory that OWASP asks for at least; "moderate" (256 MiB) would let a class that logs in at
/// once push the notebook servers of a small machine out of memory. For the same reason only a few
/// are at work at a time, 256 MiB in all, and the others wait. Thread-safe.

#include "base/result.hpp"

#include <atomic>
#include <cstddef>
#include <semaphore>
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
    static constexpr int most_at_once = 4;

    explicit PasswordHasher(PasswordCost cost = {});

    /// LimitReached: there is not enough memory at present.
    [[nodiscard]] Result<std::string> hash(std::string_view password) const;
    /// False also for a hash that is malformed or empty.
    [[nodiscard]] bool matches(std::string_view hash, std::string_view password) const;
    /// True when `hash` was made at another cost than this hasher's.
    [[nodiscard]] bool is_outdated(std::string_view hash) const;
    /// How many have been at work at one time, at most.
    [[nodiscard]] int busiest() const { return busiest_; }

private:
    /// Waits for its turn, and holds it while it lives.
    class Turn;

    PasswordCost cost_;
    mutable std::counting_semaphore<most_at_once> turns_{most_at_once};
    mutable std::atomic<int> busy_ = 0;
    mutable std::atomic<int> busiest_ = 0;
};

}  // namespace carrel
