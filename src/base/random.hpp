#pragma once

/// Unpredictable bytes, behind an interface so that tests can predict them.

#include <cstddef>
#include <mutex>
#include <span>
#include <string>

namespace carrel {

class Random {
public:
    virtual ~Random() = default;
    /// Fills `out`. Never fails: a machine without randomness is one we must not run on.
    virtual void fill(std::span<std::byte> out) = 0;

    /// `bytes` random bytes as lower-case hexadecimal; 16 bytes make an unguessable name.
    [[nodiscard]] std::string hex(size_t bytes);
    /// `bytes` random bytes as base64url without padding; 32 bytes make a secret.
    [[nodiscard]] std::string secret(size_t bytes = 32);
    /// A random UUID (RFC 9562 version 4), the form of all our row ids.
    [[nodiscard]] std::string uuid();
};

/// getrandom(2). Thread-safe.
class SystemRandom final : public Random {
public:
    void fill(std::span<std::byte> out) override;
};

/// A counter in disguise: the same sequence in every run. Thread-safe. For tests alone.
class CountingRandom final : public Random {
public:
    void fill(std::span<std::byte> out) override;

private:
    std::mutex mutex_;
    unsigned next_ = 1;
};

}  // namespace carrel
