#include "auth/local/login_limit.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace carrel {

LoginLimit::LoginLimit(Clock const& clock, LoginLimitPolicy policy)
    : clock_(clock), policy_(policy) {}

LoginLimit::Bucket& LoginLimit::bucket(std::string const& key, int most, Seconds refill) {
    auto const now = clock_.now();
    auto const found = index_.find(key);
    if (found == index_.end()) {
        if (buckets_.size() >= policy_.most_buckets) {
            index_.erase(buckets_.back().key);
            buckets_.pop_back();
        }
        buckets_.push_front({key, static_cast<double>(most), now});
        index_.emplace(key, buckets_.begin());
        return buckets_.front();
    }
    buckets_.splice(buckets_.begin(), buckets_, found->second);
    auto& bucket = buckets_.front();
    // A clock set back refills nothing, and must not take anything either.
    auto const passed = std::max(Milliseconds(0), now - bucket.at);
    bucket.tries = std::min(static_cast<double>(most),
                            bucket.tries + static_cast<double>(passed.count()) /
                                               static_cast<double>(Milliseconds(refill).count()));
    bucket.at = now;
    return bucket;
}

Result<> LoginLimit::take(std::string_view name, std::string_view address) {
    std::scoped_lock const lock(mutex_);
    // With two buckets at least, making one never drops the other.
    auto& by_address = bucket("address " + address_key(address), policy_.tries_per_address,
                              policy_.address_refill);
    auto& by_name =
        bucket("name " + std::string(name), policy_.tries_per_name, policy_.name_refill);
    auto const wait = [](Bucket const& bucket, Seconds refill) {
        if (bucket.tries >= 1) return 0LL;
        auto const missing = (1 - bucket.tries) * static_cast<double>(refill.count());
        return std::max(1LL, static_cast<long long>(std::ceil(missing)));
    };
    auto const seconds =
        std::max(wait(by_address, policy_.address_refill), wait(by_name, policy_.name_refill));
    if (seconds > 0)
        return fail(Code::LimitReached, "too many failed logins; try again in {} seconds", seconds);
    by_address.tries -= 1;
    by_name.tries -= 1;
    return {};
}

void LoginLimit::succeeded(std::string_view name, std::string_view address) {
    std::scoped_lock const lock(mutex_);
    auto& by_address = bucket("address " + address_key(address), policy_.tries_per_address,
                              policy_.address_refill);
    by_address.tries =
        std::min(by_address.tries + 1, static_cast<double>(policy_.tries_per_address));
    auto const by_name = index_.find("name " + std::string(name));
    if (by_name == index_.end()) return;
    buckets_.erase(by_name->second);
    index_.erase(by_name);
}

size_t LoginLimit::size() const {
    std::scoped_lock const lock(mutex_);
    return buckets_.size();
}

std::string address_key(std::string_view address) {
    std::string const text(address);
    std::array<unsigned char, 16> bytes{};
    if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
    constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (std::equal(mapped.begin(), mapped.end(), bytes.begin()))
        return std::to_string(bytes[12]) + '.' + std::to_string(bytes[13]) + '.' +
               std::to_string(bytes[14]) + '.' + std::to_string(bytes[15]);
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    std::array<char, INET6_ADDRSTRLEN> network{};
    inet_ntop(AF_INET6, bytes.data(), network.data(), network.size());
    return std::string(network.data()) + "/64";
}

}  // namespace carrel
