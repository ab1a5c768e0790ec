#pragma once

/// Slows down the guessing of passwords: a bucket of tries for each name and each client address.
///
/// A try is taken before the password is looked at, so that guesses sent at once count too, and is
/// given back when it was right. Buckets refill with time. Memory is bounded: the bucket unused for
/// longest makes room. Thread-safe.

#include "base/clock.hpp"
#include "base/result.hpp"

#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace carrel {

struct LoginLimitPolicy {
    int tries_per_name = 10;
    Seconds name_refill{30};  ///< for one try more; at most `login_retry_after`
    /// A whole class may share an address, and mistypes.
    int tries_per_address = 100;
    Seconds address_refill{5};
    size_t most_buckets = 20'000;
};

class LoginLimit {
public:
    LoginLimit(Clock const& clock, LoginLimitPolicy policy);

    /// Takes a try. LimitReached says in how many seconds there is one again.
    [[nodiscard]] Result<> take(std::string_view name, std::string_view address);
    /// The try was right: the name starts afresh, and the address gets it back.
    void succeeded(std::string_view name, std::string_view address);
    /// How many buckets there are.
    [[nodiscard]] size_t size() const;

private:
    struct Bucket {
        std::string key;
        double tries;  ///< left at `at`
        Time at;
    };
    Bucket& bucket(std::string const& key, int most, Seconds refill);

    Clock const& clock_;
    LoginLimitPolicy policy_;
    mutable std::mutex mutex_;
    std::list<Bucket> buckets_;  ///< the last used first
    std::unordered_map<std::string, std::list<Bucket>::iterator> index_;
};

/// What counts as one address: an IPv6 network of 64 bits is usually one machine's.
[[nodiscard]] std::string address_key(std::string_view address);

}  // namespace carrel
