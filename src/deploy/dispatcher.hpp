#pragma once

/// Moves courses along: each tick it asks the store what is due, and does what `next_transition`
/// says.
///
/// Level-triggered: it looks at what is, not at what happened, and remembers nothing but the work
/// that runs in this process. Killed at any instruction, started twice, with a clock that jumps, it
/// converges: leases say who works, a deployment's id says whose result counts, a deadline ends
/// each working state. Owned by app/wiring; runs on control's thread, except where said.

#include "base/random.hpp"
#include "deploy/provisioner.hpp"
#include "deploy/transitions.hpp"
#include "runtime/blocking_pool.hpp"
#include "store/store.hpp"

#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>
#include <mutex>

namespace carrel {

struct DispatcherOptions {
    TransitionOptions transitions;
    Milliseconds tick{5'000};
    size_t most_workers = 4;  ///< courses that are deployed or degraded at the same time
};

/// What one tick did.
struct TickReport {
    int started = 0;
    int taken_over = 0;
    int given_up = 0;
    int lapsed = 0;
    int errors = 0;  ///< courses that could not be moved; the next tick tries again

    [[nodiscard]] int moves() const { return started + taken_over + given_up + lapsed; }
};

class Dispatcher {
public:
    /// `provisioners` by target name; they and everything else outlive the dispatcher.
    Dispatcher(Store& store, Clock const& clock, Random& random, BlockingPool& pool,
               std::map<std::string, Provisioner*> provisioners, DispatcherOptions options);
    ~Dispatcher();
    Dispatcher(Dispatcher const&) = delete;
    Dispatcher& operator=(Dispatcher const&) = delete;

    /// Ticks until it is cancelled; then gives back what it works on and ends that work.
    Task<> run();

    /// One pass: renews the leases of its own work, makes every move that is due, starts workers.
    /// Unavailable: the store does not answer.
    Task<TickReport> tick();

    /// Lets `run` tick now instead of later. Thread-safe.
    void wake();

    /// How many workers run here.
    [[nodiscard]] size_t working() const { return runs_.size(); }

private:
    struct Run;

    Task<> resume();
    Task<> renew_leases();
    Result<> mend();
    Task<> pass(TickReport& report, Time now);
    Result<std::vector<Step>> advance_batch(std::vector<Course> const& batch, Time now,
                                            size_t capacity, TickReport& report);
    static void count(TickReport& report, Transition transition);
    void start(asio::any_io_executor const& executor, Step const& step);
    void stop(asio::any_io_executor const& executor, DeploymentId const& id);
    Task<> work(std::shared_ptr<Run> run);
    Task<> perform(std::shared_ptr<Run> run);
    void report(std::shared_ptr<Run> const& run, Provisioner::Progress progress);
    Result<> conclude(Run& run, Result<> const& outcome);
    Task<> pause();
    Task<> give_back();

    Store& store_;
    Clock const& clock_;
    Random& random_;
    BlockingPool& pool_;
    std::map<std::string, Provisioner*> provisioners_;
    DispatcherOptions options_;
    std::map<DeploymentId, std::shared_ptr<Run>> runs_;
    bool resumed_ = false;

    std::mutex waking_;  // guards the two below, which `wake` uses from anywhere
    bool woken_ = false;
    asio::steady_timer* pause_ = nullptr;
};

}  // namespace carrel
