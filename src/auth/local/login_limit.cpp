#include "auth/local/login_limit.hpp"

#include "auth/login_place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace carrel {

LoginLimit::LoginLimit(Clock const& clock, LoginLimitPolicy policy)
    : clock_(clock), policy_(policy) {}

std::vector<LoginLimit::Size> LoginLimit::sizes(LoginTry const& attempt) const {
    auto const address = address_key(attempt.address);
    auto const place =
        attempt.browser.empty() ? "address " + address : "browser " + std::string(attempt.browser);
    std::vector<Size> sizes{{fmt::format("place {} {}", place, attempt.name),
                             policy_.tries_per_place, policy_.place_refill}};
    if (!attempt.browser.empty() || attempt.knows_address) return sizes;
    sizes.push_back(
        {fmt::format("name {}", attempt.name), policy_.tries_per_name, policy_.name_refill});
    sizes.push_back(
        {fmt::format("address {}", address), policy_.tries_per_address, policy_.address_refill});
    return sizes;
}

LoginLimit::Bucket& LoginLimit::bucket(Size const& size) {
    auto const now = clock_.now();
    auto const most = static_cast<double>(size.most);
    auto const found = index_.find(size.key);
    if (found == index_.end()) {
        if (buckets_.size() >= policy_.most_buckets) {
            index_.erase(buckets_.back().key);
            buckets_.pop_back();
        }
        buckets_.push_front({.key = size.key, .tries = most, .at = now});
        index_.emplace(size.key, buckets_.begin());
        return buckets_.front();
    }
    buckets_.splice(buckets_.begin(), buckets_, found->second);
    auto& bucket = buckets_.front();
    // A clock set back refills nothing, and must not take anything either.
    auto const passed = std::max(Milliseconds(0), now - bucket.at);
    bucket.tries =
        std::min(most, bucket.tries + static_cast<double>(passed.count()) /
                                          static_cast<double>(Milliseconds(size.refill).count()));
    bucket.at = now;
    return bucket;
}

std::optional<LoginRefusal> LoginLimit::take(LoginTry const& attempt) {
    std::scoped_lock const lock(mutex_);
    // With three buckets at least, making one never drops another one of the same attempt.
    std::vector<Bucket*> buckets;
    LoginRefusal refusal{};
    for (auto const& size : sizes(attempt)) {
        auto& each = *buckets.emplace_back(&bucket(size));
        if (each.tries >= 1) continue;
        auto const missing = (1 - each.tries) * static_cast<double>(size.refill.count());
        refusal.wait = std::max(
            {refusal.wait, Seconds(1), Seconds(static_cast<long long>(std::ceil(missing)))});
        refusal.first = refusal.first || !each.told;
        each.told = true;
    }
    if (refusal.wait > Seconds(0)) return refusal;
    for (auto* const each : buckets) {
        each->tries -= 1;
        each->taken += 1;
        each->told = false;
    }
    return {};
}

void LoginLimit::succeeded(LoginTry const& attempt) {
    std::scoped_lock const lock(mutex_);
    auto const all = sizes(attempt);
    auto const place = index_.find(all.front().key);
    if (place == index_.end()) return;
    auto const taken = place->second->taken;
    buckets_.erase(place->second);
    index_.erase(place);
    for (size_t i = 1; i < all.size(); ++i) {
        auto& each = bucket(all[i]);
        each.tries = std::min(each.tries + taken, static_cast<double>(all[i].most));
    }
}

size_t LoginLimit::size() const {
    std::scoped_lock const lock(mutex_);
    return buckets_.size();
}

}  // namespace carrel
