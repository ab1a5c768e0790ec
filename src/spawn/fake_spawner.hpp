#pragma once

/// Spawners for tests, which start nothing: one that works, one that is slow, one that never does.
///
/// Owned by the test, confined to the thread of its io_context like every spawner. The test reads
/// what was asked for and says how it goes on.

#include "spawn/spawner.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <list>
#include <memory>

namespace carrel {

/// Starts and stops at once. A test can let a start fail, and end a running server.
class FakeSpawner : public Spawner {
public:
    // What was asked for, in order.
    std::vector<ServerSpec> started;
    std::vector<std::string> stopped;  ///< states

    /// Where each server seems to listen; tests with a real upstream set it.
    std::string endpoint = "http+unix://%2Fnowhere.sock";
    Isolation machine{.level = Isolation::Level::Full, .notices = {}};

    /// The server of this state cannot be stopped.
    std::string never_stops;

    /// The next start fails like this; once.
    void fail_next(Ending ending) { next_failure_ = std::move(ending); }

    /// The running server of this state, or of this server id, ends by itself.
    void end(std::string const& state_or_id, Ending ending) {
        auto const by_id = state_of_.find(state_or_id);
        auto const& state = by_id == state_of_.end() ? state_or_id : by_id->second;
        if (running(state)) servers_[state] = std::move(ending);
    }

    /// The state of the server last started with this id.
    [[nodiscard]] std::string state_of(std::string const& id) const {
        auto const found = state_of_.find(id);
        return found == state_of_.end() ? std::string() : found->second;
    }

    [[nodiscard]] bool running(std::string const& state) const {
        auto const found = servers_.find(state);
        return found != servers_.end() && !found->second;
    }

    /// How many servers run.
    [[nodiscard]] size_t running() const {
        size_t count = 0;
        for (auto const& [state, ending] : servers_) count += ending ? 0 : 1;
        return count;
    }

    Task<Started> start(ServerSpec spec, Deadline deadline, Progress progress) override {
        started.push_back(spec);
        failures_.erase(spec.id);
        if (progress) progress(10, "Starting");
        CO_TRY_VOID(co_await before_start(spec, deadline));
        if (next_failure_) {
            auto const failure = *std::exchange(next_failure_, {});
            failures_[spec.id] = failure;
            co_return fail(Code::Unavailable, "start server for {}: {}", spec.user,
                           failure.explanation);
        }
        if (progress) progress(90, "Waiting for it to answer");
        auto const state = spec.id + "#" + std::to_string(++count_);
        servers_[state] = std::nullopt;
        state_of_[spec.id] = state;
        co_return Started{.endpoint = endpoint, .state = state};
    }

    Task<> stop(std::string state, Deadline) override {
        stopped.push_back(state);
        if (!state.empty() && state == never_stops)
            co_return fail(Code::Timeout, "stop server {}: it runs on", state);
        auto const found = servers_.find(state);
        if (found != servers_.end() && !found->second)
            found->second =
                Ending{.exit_code = 0, .explanation = "the server was stopped", .log_tail = {}};
        co_return Result<>();
    }

    /// A state it never made, as after a restart of the machine, is one that ended.
    Task<std::optional<Ending>> poll(std::string state) override {
        auto const found = servers_.find(state);
        if (found == servers_.end())
            co_return std::optional<Ending>(
                Ending{.exit_code = {}, .explanation = "the server is gone", .log_tail = {}});
        co_return found->second;
    }

    [[nodiscard]] std::optional<Ending> last_failure(std::string const& id) const override {
        auto const found = failures_.find(id);
        if (found == failures_.end()) return {};
        return found->second;
    }

    [[nodiscard]] Isolation isolation() const override { return machine; }

protected:
    /// What a start waits for; nothing here.
    virtual Task<> before_start(ServerSpec const&, Deadline) { co_return Result<>(); }

    void set_failure(std::string const& id, Ending ending) { failures_[id] = std::move(ending); }

private:
    std::optional<Ending> next_failure_;
    std::map<std::string, std::optional<Ending>> servers_;  // by state; nothing: it runs
    std::map<std::string, std::string> state_of_;           // by server id
    std::map<std::string, Ending> failures_;                // by server id
    int count_ = 0;
};

/// Every start waits until the test lets it go on.
class SlowSpawner : public FakeSpawner {
public:
    /// How many starts wait.
    [[nodiscard]] size_t waiting() const { return waiting_.size(); }

    /// Lets the start that has waited longest go on; without one, nothing happens.
    void let_go() {
        if (waiting_.empty()) return;
        auto const timer = waiting_.front();
        waiting_.pop_front();
        timer->cancel();
    }

    void let_all_go() {
        while (!waiting_.empty()) let_go();
    }

protected:
    Task<> before_start(ServerSpec const& spec, Deadline deadline) override {
        auto const timer =
            std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor, deadline.at());
        waiting_.push_back(timer);
        auto const [error] = co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
        auto const was_let_go = std::erase(waiting_, timer) == 0;
        if (was_let_go) co_return Result<>();
        if (error) co_return fail(Code::Cancelled, "start server for {}: cancelled", spec.user);
        set_failure(
            spec.id,
            {.exit_code = {}, .explanation = "the server did not answer in time", .log_tail = {}});
        co_return fail(Code::Unavailable, "start server for {}: it did not answer in time",
                       spec.user);
    }

private:
    std::list<std::shared_ptr<asio::steady_timer>> waiting_;
};

/// No start ever succeeds: each waits for its deadline, and fails.
class NeverSpawner final : public SlowSpawner {
public:
    void let_go() = delete;
    void let_all_go() = delete;
};

}  // namespace carrel
