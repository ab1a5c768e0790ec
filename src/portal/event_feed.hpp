#pragma once

/// Tells the pages that follow a course when to look at it again. However many pages are open, the
/// store is asked once per interval for all of them: what is new is one row, and whom it concerns
/// is known here. Confined to the control thread. Owned by app/wiring.

#include "runtime/blocking_pool.hpp"
#include "store/store.hpp"

#include <chrono>
#include <map>

namespace carrel {

class EventFeed {
public:
    EventFeed(Store& store, BlockingPool& pool) : store_(store), pool_(pool) {}

    /// Everything up to here has happened. Ask before reading the timeline, and wait from there.
    Task<long long> position();

    /// Returns true once, after `position`, something happened in the course, or to this person's
    /// account or login; false after `patience`.
    Task<bool> wait(CourseId course, std::string person, long long position, Milliseconds patience);

private:
    using Moment = std::chrono::steady_clock::time_point;

    /// Asks the store, unless somebody is doing so or has done so in this interval.
    Task<> refresh();
    void note(Event const& event);
    [[nodiscard]] bool has_news(CourseId const& course, std::string const& person,
                                long long position) const;

    Store& store_;
    BlockingPool& pool_;
    Moment asked_at_ = Moment::min();
    bool asking_ = false;
    long long last_ = -1;           ///< the newest event's id; -1: not asked yet
    long long everybody_from_ = 0;  ///< so much happened until this one that it is news for all
    std::map<CourseId, long long> of_course_;
    std::map<std::string, long long> of_person_;  ///< by user name
};

}  // namespace carrel
