#include "app/housekeeping.hpp"

#include "auth/login_place.hpp"
#include "runtime/log.hpp"

namespace carrel {

namespace {

constexpr Milliseconds every{6LL * 3600 * 1000};
constexpr int batch = 1000;

}  // namespace

Task<> Housekeeping::run() {
    while (true) {
        auto const removed = co_await pass();
        if (!removed && removed.error().code == Code::Cancelled)
            co_return std::unexpected(removed.error());
        // A full or busy disk is no reason to stop the platform: the next pass does it.
        if (!removed) log::warn("housekeeping_failed", {{"cause", removed.error().message}});
        if (removed && *removed > 0) log::info("events_removed", {{"count", *removed}});
        CO_TRY_VOID(co_await sleep_for(every));
    }
}

Task<long long> Housekeeping::pass() {
    auto const now = clock_.now();
    CO_TRY_VOID(co_await pool_.run([&] {
        return store_.write([&](Transaction& transaction) -> Result<> {
            TRY_VOID(transaction.sessions().remove_expired(now));
            TRY_VOID(transaction.half_logins().remove_expired(now));
            TRY_VOID(transaction.login_places().remove_before(now - place_lasts));
            return {};
        });
    }));
    long long removed = 0;
    if (keep_.count() == 0) co_return removed;
    while (true) {
        CO_TRY(auto count, co_await pool_.run([&] {
            return store_.write([&](Transaction& transaction) {
                return transaction.events().remove_before(now - keep_, batch);
            });
        }));
        removed += count;
        if (count < batch) co_return removed;
    }
}

}  // namespace carrel
