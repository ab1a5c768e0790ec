#include "portal/event_feed.hpp"

#include <algorithm>

namespace carrel {

namespace {

constexpr Milliseconds look_every{300};
/// How many new events are told apart; more are news for everybody.
constexpr int batch = 200;
/// Courses and people remembered; of more, all are forgotten, which is news for everybody too.
constexpr size_t most_remembered = 10'000;

struct News {
    long long last = 0;
    std::vector<Event> events;
    bool whole = true;  ///< none is missing
};

/// Ids ascend in the order of commits, as there is one writer at a time.
Result<News> read_news(Transaction& transaction, long long after) {
    News news{.last = after, .events = {}};
    TRY(auto const newest, transaction.events().newest(0, 1));
    if (newest.empty() || newest.front().id == after) return news;
    news.last = newest.front().id;
    if (after < 0) return news;
    TRY(news.events, transaction.events().newest(0, batch));
    news.whole = news.events.size() < static_cast<size_t>(batch) || news.events.back().id <= after;
    return news;
}

/// True while it lives; also when its coroutine is cancelled, it ends.
class Flag {
public:
    explicit Flag(bool& flag) : flag_(flag) { flag_ = true; }
    ~Flag() { flag_ = false; }
    Flag(Flag const&) = delete;
    Flag& operator=(Flag const&) = delete;

private:
    bool& flag_;
};

}  // namespace

void EventFeed::note(Event const& event) {
    if (event.id <= last_) return;
    auto const set = [&](long long& newest) { newest = std::max(newest, event.id); };
    if (event.course) {
        set(of_course_[*event.course]);
        return;
    }
    for (auto const& person : {event.actor, event.subject})
        if (!person.empty()) set(of_person_[person]);
}

Task<> EventFeed::refresh() {
    auto const now = std::chrono::steady_clock::now();
    if (asking_ || (last_ >= 0 && now - asked_at_ < look_every)) co_return Result<>();
    Flag const asking(asking_);
    asked_at_ = now;
    auto const after = last_;
    CO_TRY(auto news, co_await pool_.run([&] {
        return store_.read([&](Transaction& transaction) { return read_news(transaction, after); });
    }));
    for (auto const& event : news.events) note(event);
    last_ = std::max(news.last, 0LL);
    if (!news.whole || of_course_.size() + of_person_.size() > most_remembered) {
        everybody_from_ = last_;
        of_course_.clear();
        of_person_.clear();
    }
    co_return Result<>();
}

Task<long long> EventFeed::position() {
    // Before the first answer nothing is known; afterwards what is known suffices, however old.
    while (last_ < 0) {
        CO_TRY_VOID(co_await refresh());
        if (last_ < 0) CO_TRY_VOID(co_await sleep_for(Milliseconds(10)));
    }
    co_return last_;
}

bool EventFeed::has_news(CourseId const& course, std::string const& person,
                         long long position) const {
    auto const newer = [&](auto const& known, auto const& key) {
        auto const found = known.find(key);
        return found != known.end() && found->second > position;
    };
    return everybody_from_ > position || newer(of_course_, course) || newer(of_person_, person);
}

Task<bool> EventFeed::wait(CourseId course, std::string person, long long position,
                           Milliseconds patience) {
    auto const until = std::chrono::steady_clock::now() + patience;
    while (true) {
        CO_TRY_VOID(co_await refresh());
        if (has_news(course, person, position)) co_return true;
        if (std::chrono::steady_clock::now() >= until) co_return false;
        CO_TRY_VOID(co_await sleep_for(look_every));
    }
}

}  // namespace carrel
