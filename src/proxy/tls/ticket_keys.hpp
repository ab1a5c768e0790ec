#pragma once

/// The keys that session tickets are sealed with, so that a client that comes back need not prove
/// and compute everything again.
///
/// A key seals for an hour and opens for two more, then it is forgotten: whoever steals one later
/// reads nothing of the past. All contexts and threads of a process share them; nothing is written
/// to disk. Thread-safe.

#include "base/clock.hpp"
#include "base/random.hpp"

#include <openssl/ssl.h>

#include <array>
#include <deque>
#include <mutex>
#include <optional>

namespace carrel::proxy {

class TicketKeys {
public:
    static constexpr int64_t seals_for = 3600;  // seconds
    static constexpr int64_t opens_for = 3 * seals_for;

    TicketKeys(Clock const& clock, Random& random) : clock_(clock), random_(random) {}

    /// Has `context` use these keys, which must outlive it.
    void serve(SSL_CTX& context);

    using Name = std::array<unsigned char, 16>;
    struct Key {
        Name name;
        std::array<unsigned char, 32> cipher;
        std::array<unsigned char, 32> mac;
        int64_t since = 0;
    };
    /// The key to seal with now.
    [[nodiscard]] Key current();
    /// The key of that name, unless it is too old.
    [[nodiscard]] std::optional<Key> find(unsigned char const* name);

private:
    void rotate(int64_t now);

    Clock const& clock_;
    Random& random_;
    std::mutex mutex_;
    std::deque<Key> keys_;  ///< the newest first
};

}  // namespace carrel::proxy
