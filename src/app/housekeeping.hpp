#pragma once

/// Removes what need not be kept for ever: events older than the audit list's time, and logins that
/// have ended by themselves and where old ones were. Runs on the control thread, now and then.
/// Owned by app/wiring.

#include "base/clock.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/task.hpp"
#include "store/store.hpp"

namespace carrel {

class Housekeeping {
public:
    /// `keep` is how long events are kept; 0 is for ever.
    Housekeeping(Store& store, Clock const& clock, BlockingPool& pool, Seconds keep)
        : store_(store), clock_(clock), pool_(pool), keep_(keep) {}

    /// A pass at once, and then one every six hours, until cancelled.
    Task<> run();
    /// One pass, in transactions short enough for nobody to wait. Returns how many events went.
    Task<long long> pass();

private:
    Store& store_;
    Clock const& clock_;
    BlockingPool& pool_;
    Seconds keep_;
};

}  // namespace carrel
