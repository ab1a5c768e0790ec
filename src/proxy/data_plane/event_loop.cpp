#include "proxy/data_plane/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <array>
#include <chrono>

namespace carrel::proxy {

namespace {

constexpr int look_at_time = 2;

template <class Clock>
int64_t milliseconds_of() {
    return std::chrono::duration_cast<Milliseconds>(Clock::now().time_since_epoch()).count();
}

}  // namespace

Result<std::unique_ptr<EventLoop>> EventLoop::create(TimeSource const* time) {
    int const epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) return fail_errno("create an epoll instance");
    int const wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wakeup < 0) {
        auto error = fail_errno("create an eventfd");
        close(epoll);
        return error;
    }
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, &event) != 0) {
        auto error = fail_errno("watch an eventfd");
        close(epoll);
        close(wakeup);
        return error;
    }
    return std::unique_ptr<EventLoop>(new EventLoop(epoll, wakeup, time));
}

EventLoop::EventLoop(int epoll, int wakeup, TimeSource const* time)
    : epoll_(epoll), wakeup_(wakeup), time_(time) {
    read_clocks();
}

EventLoop::~EventLoop() {
    retired_.clear();
    close(epoll_);
    close(wakeup_);
}

Result<> EventLoop::watch(int descriptor, EventHandler& handler, uint32_t events) {
    epoll_event event{.events = events, .data = {.ptr = &handler}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0)
        return fail_errno("watch a descriptor");
    return {};
}

void EventLoop::rewatch(int descriptor, EventHandler& handler, uint32_t events) {
    epoll_event event{.events = events, .data = {.ptr = &handler}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event);
}

void EventLoop::unwatch(int descriptor) { epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr); }

void EventLoop::defer(EventHandler& handler) {
    if (handler.deferred_) return;
    handler.deferred_ = true;
    deferred_.push_back(&handler);
}

void EventLoop::set_deadline(EventHandler& handler, Milliseconds delay) {
    timers_.set(handler, now_ + delay.count());
}

void EventLoop::clear_deadline(EventHandler& handler) { timers_.clear(handler); }

void EventLoop::retire(std::unique_ptr<EventHandler> handler) {
    timers_.clear(*handler);
    if (handler->deferred_) std::erase(deferred_, handler.get());
    retired_.push_back(std::move(handler));
}

void EventLoop::post(std::move_only_function<void()> work) {
    {
        std::scoped_lock const lock(mutex_);
        posted_.push_back(std::move(work));
    }
    uint64_t const one = 1;
    [[maybe_unused]] auto const written = write(wakeup_, &one, sizeof(one));
}

void EventLoop::stop() {
    stopped_ = true;
    post([] {});
}

void EventLoop::run() {
    std::array<epoll_event, 256> events;
    while (!stopped_) {
        int const count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                     deferred_.empty() ? time_to_wait() : 0);
        read_clocks();
        for (int i = 0; i < count; ++i) {
            auto const& event = events[static_cast<size_t>(i)];
            if (event.data.ptr == nullptr)
                run_posted();
            else
                static_cast<EventHandler*>(event.data.ptr)->on_ready(event.events);
        }
        run_deferred();
        timers_.advance(now_,
                        [](Timer& timer) { static_cast<EventHandler&>(timer).on_deadline(); });
        retired_.clear();
    }
    run_posted();
    retired_.clear();
}

void EventLoop::run_posted() {
    uint64_t ignored = 0;
    [[maybe_unused]] auto const size = read(wakeup_, &ignored, sizeof(ignored));
    std::vector<std::move_only_function<void()>> posted;
    {
        std::scoped_lock const lock(mutex_);
        posted.swap(posted_);
    }
    for (auto& work : posted) work();
}

void EventLoop::run_deferred() {
    // A handler may defer itself again: that is for the next round.
    std::vector<EventHandler*> handlers;
    handlers.swap(deferred_);
    for (auto* handler : handlers) {
        handler->deferred_ = false;
        handler->on_ready(0);
    }
    if (deferred_.empty()) {
        handlers.clear();
        deferred_.swap(handlers);
    }
}

void EventLoop::read_clocks() {
    now_ = time_ ? time_->steady() : milliseconds_of<std::chrono::steady_clock>();
    wall_time_ = time_ ? time_->wall() : milliseconds_of<std::chrono::system_clock>();
    timers_.start_at(now_);
}

int EventLoop::time_to_wait() const {
    auto const wait = timers_.time_to_wait(now_);
    // A time that is moved by hand wakes nobody, so it is looked at now and then.
    return time_ && (wait < 0 || wait > look_at_time) ? look_at_time : wait;
}

}  // namespace carrel::proxy
