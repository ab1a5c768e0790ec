#include "deploy/dispatcher.hpp"

#include "runtime/log.hpp"
#include "runtime/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <set>

namespace carrel {

namespace {

constexpr int batch_size = 100;

}  // namespace

/// One deployment that a provisioner works on in this process.
struct Dispatcher::Run {
    Run(asio::any_io_executor const& executor, Course for_course, Deployment with)
        : course(std::move(for_course)), deployment(std::move(with)), worker(executor) {}

    Course course;
    Deployment deployment;
    TaskGroup worker;  // one task; a group, because that can be cancelled at any moment
    bool stopping = false;

    std::mutex writing;   // keeps the timeline in order: held while notes go to the store
    std::mutex notes_in;  // guards `notes`
    std::vector<ProgressNote> notes;

    std::vector<ProgressNote> take_notes() {
        std::scoped_lock const lock(notes_in);
        return std::exchange(notes, {});
    }
};

Dispatcher::Dispatcher(Store& store, Clock const& clock, Random& random, BlockingPool& pool,
                       std::map<std::string, Provisioner*> provisioners, DispatcherOptions options)
    : store_(store),
      clock_(clock),
      random_(random),
      pool_(pool),
      provisioners_(std::move(provisioners)),
      options_(std::move(options)) {
    // A lease is renewed once per tick; a missed one must not lose it.
    auto& lease = options_.transitions.lease;
    lease = std::max(lease, std::chrono::ceil<Seconds>(3 * options_.tick));
}

Dispatcher::~Dispatcher() = default;

Task<> Dispatcher::run() {
    // Only `pause` ends for it, so that a tick is never left half done.
    co_await asio::this_coro::throw_if_cancelled(false);
    for (;;) {
        auto const ticked = co_await tick();
        if (!ticked) log::error("tick_failed", {{"cause", ticked.error().message}});
        if (auto const waited = co_await pause(); !waited) break;
    }
    co_await give_back();
    co_return Result<>();
}

/// Everything is asked of the store anew; what an earlier tick knew is not used.
Task<TickReport> Dispatcher::tick() {
    if (!resumed_) CO_TRY_VOID(co_await resume());
    CO_TRY_VOID(co_await renew_leases());
    CO_TRY_VOID(co_await pool_.run([this] { return mend(); }));
    TickReport report;
    CO_TRY_VOID(co_await pass(report, clock_.now()));
    co_return report;
}

/// An earlier process of our instance, killed, could give nothing back. It is gone for certain, so
/// its leases need not run out; its deployments lose their ids, and whatever it began is begun
/// anew.
Task<> Dispatcher::resume() {
    CO_TRY(int const released, co_await pool_.run([this] {
        return store_.write([&](Transaction& transaction) {
            return release_own(transaction, clock_.now(), options_.transitions);
        });
    }));
    if (released > 0) log::warn("work_was_interrupted", {{"courses", released}});
    resumed_ = true;
    co_return Result<>();
}

Task<> Dispatcher::renew_leases() {
    auto const executor = co_await asio::this_coro::executor;
    std::vector<Deployment> ours;
    for (auto const& [id, run] : runs_)
        if (!run->stopping) ours.push_back(run->deployment);
    if (ours.empty()) co_return Result<>();
    CO_TRY(auto const lost, co_await pool_.run([&] {
        return store_.write([&](Transaction& transaction) -> Result<std::vector<DeploymentId>> {
            std::vector<DeploymentId> gone;
            for (auto const& deployment : ours) {
                TRY(bool const current,
                    renew(transaction, deployment, clock_.now(), options_.transitions));
                if (!current) gone.push_back(deployment.id);
            }
            return gone;
        });
    }));
    for (auto const& id : lost) stop(executor, id);
    co_return Result<>();
}

Result<> Dispatcher::mend() {
    auto const now = clock_.now();
    TRY(bool const needed, store_.read([&](Transaction& transaction) {
        return needs_mending(transaction, now, options_.transitions);
    }));
    if (!needed) return {};
    log::warn("clock_went_back");
    return store_.write([&](Transaction& transaction) {
        return mend_leases(transaction, now, options_.transitions);
    });
}

/// Takes what is due in batches, until one brings nothing that this tick has not seen.
Task<> Dispatcher::pass(TickReport& report, Time now) {
    auto const executor = co_await asio::this_coro::executor;
    std::set<CourseId> seen;
    for (;;) {
        auto const running = runs_.size();
        auto const capacity = options_.most_workers - std::min(options_.most_workers, running);
        std::vector<Step> steps;
        size_t fresh = 0;
        CO_TRY_VOID(co_await pool_.run([&]() -> Result<> {
            // What stays due, waiting for a worker, must not hide what is behind it.
            auto const limit = batch_size + static_cast<int>(seen.size());
            TRY(auto due, store_.read([&](Transaction& transaction) {
                return transaction.courses().due(now, now + options_.transitions.policy.lead,
                                                 limit);
            }));
            std::erase_if(due,
                          [&](Course const& course) { return !seen.insert(course.id).second; });
            fresh = due.size();
            TRY(steps, advance_batch(due, now, capacity, report));
            return {};
        }));
        for (auto const& step : steps) {
            if (step.superseded) stop(executor, *step.superseded);
            if (step.to_work_on) start(executor, step);
        }
        if (fresh == 0) co_return Result<>();
    }
}

Result<std::vector<Step>> Dispatcher::advance_batch(std::vector<Course> const& batch, Time now,
                                                    size_t capacity, TickReport& report) {
    std::vector<Step> steps;
    size_t starts = 0;
    for (auto const& course : batch) {
        DeploymentId const fresh(random_.uuid());
        auto step = store_.write([&](Transaction& transaction) {
            return advance(transaction, course.id, now, fresh, options_.transitions,
                           starts < capacity);
        });
        if (!step) {
            ++report.errors;
            log::error("course_stuck",
                       {{"course", course.request.slug}, {"cause", step.error().message}});
            continue;
        }
        if (!*step) continue;
        auto& made = **step;
        log::info("course_moved", {{"course", course.request.slug},
                                   {"by", name_of(made.transition)},
                                   {"state", name_of(made.course.state)}});
        count(report, made.transition);
        if (made.to_work_on) ++starts;
        steps.push_back(std::move(made));
    }
    return steps;
}

void Dispatcher::count(TickReport& report, Transition transition) {
    switch (transition) {
        case Transition::StartDeploy:
        case Transition::StartDegrade:
            ++report.started;
            break;
        case Transition::TakeOver:
            ++report.taken_over;
            break;
        case Transition::GiveUp:
            ++report.given_up;
            break;
        case Transition::Lapse:
            ++report.lapsed;
            break;
    }
}

void Dispatcher::start(asio::any_io_executor const& executor, Step const& step) {
    auto const run = std::make_shared<Run>(executor, step.course, *step.to_work_on);
    runs_.emplace(run->deployment.id, run);
    run->worker.start("deployment", work(run));
}

/// From here to `conclude`: one deployment, on its way through a provisioner and into the store.
Task<> Dispatcher::work(std::shared_ptr<Run> run) {
    auto outcome = co_await perform(run);
    auto const recorded = co_await pool_.run([&] { return conclude(*run, outcome); });
    // Unrecorded, the lease runs out and the work is done again.
    if (!recorded)
        log::error("deployment_result_lost",
                   {{"course", run->course.request.slug}, {"cause", recorded.error().message}});
    runs_.erase(run->deployment.id);
    wake();
    co_return Result<>();
}

Task<> Dispatcher::perform(std::shared_ptr<Run> run) {
    auto const& target = run->course.request.target;
    auto const found = provisioners_.find(target);
    if (found == provisioners_.end())
        co_return fail(Code::Internal, "nothing here makes hubs for the target \"{}\"", target);
    auto const report_to = [this, run](Provisioner::Progress progress) {
        report(run, std::move(progress));
    };
    try {
        if (run->deployment.kind == DeploymentKind::Deploy)
            co_return co_await found->second->deploy(run->course, run->deployment, report_to);
        co_return co_await found->second->degrade(run->course, run->deployment, report_to);
    } catch (std::exception const& error) {
        co_return fail(Code::Internal, "unexpected: {}", error.what());
    }
}

void Dispatcher::report(std::shared_ptr<Run> const& run, Provisioner::Progress progress) {
    {
        std::scoped_lock const lock(run->notes_in);
        run->notes.push_back(
            {clock_.now(), std::move(progress.message), std::move(progress.detail)});
    }
    pool_.post([this, run] {
        std::scoped_lock const lock(run->writing);
        auto const notes = run->take_notes();
        if (notes.empty()) return;
        auto const written = store_.write([&](Transaction& transaction) {
            return add_progress(transaction, run->deployment, notes);
        });
        if (!written) log::warn("progress_lost", {{"cause", written.error().message}});
    });
}

/// Work that was cancelled has no result: it is given back instead, and begun anew.
Result<> Dispatcher::conclude(Run& run, Result<> const& outcome) {
    std::scoped_lock const lock(run.writing);
    auto const notes = run.take_notes();
    bool const interrupted = !outcome && outcome.error().code == Code::Cancelled;
    auto const counted = store_.write([&](Transaction& transaction) -> Result<bool> {
        auto const now = clock_.now();
        TRY_VOID(add_progress(transaction, run.deployment, notes));
        if (!interrupted) return finish(transaction, run.deployment, outcome, now);
        TRY_VOID(release(transaction, run.deployment, now));
        return true;
    });
    if (!counted) return std::unexpected(counted.error());
    log::Fields const fields = {{"course", run.course.request.slug},
                                {"kind", name_of(run.deployment.kind)},
                                {"deployment", run.deployment.id},
                                {"outcome", outcome ? "succeeded" : outcome.error().message}};
    log::info(*counted ? "deployment_ended" : "deployment_result_ignored", fields);
    return {};
}

/// Does not wait: a provisioner may take its time to end, and its result does not count anyhow.
void Dispatcher::stop(asio::any_io_executor const& executor, DeploymentId const& id) {
    auto const found = runs_.find(id);
    if (found == runs_.end() || found->second->stopping) return;
    found->second->stopping = true;
    auto const end = [](std::shared_ptr<Run> run) -> Task<> {
        co_return co_await run->worker.close();
    };
    spawn_detached(executor, "stop_deployment", end(found->second));
}

/// Whoever starts next goes on at once instead of waiting for our leases to run out; and work that
/// cannot be cancelled, in the middle of an archive, sees in the store that it does not count.
Task<> Dispatcher::give_back() {
    // A copy: work that ends meanwhile leaves `runs_`, on control's thread.
    std::vector<Deployment> ours;
    for (auto const& [id, run] : runs_) ours.push_back(run->deployment);
    auto const given = co_await pool_.run([&] {
        return store_.write([&](Transaction& transaction) -> Result<> {
            for (auto const& deployment : ours)
                TRY_VOID(release(transaction, deployment, clock_.now()));
            return {};
        });
    });
    if (!given) log::warn("give_back_failed", {{"cause", given.error().message}});
    while (!runs_.empty()) {
        auto const run = runs_.begin()->second;
        co_await run->worker.close();
        runs_.erase(run->deployment.id);
    }
    co_return Result<>();
}

Task<> Dispatcher::pause() {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    {
        std::scoped_lock const lock(waking_);
        timer.expires_after(std::exchange(woken_, false) ? Milliseconds(0) : options_.tick);
        pause_ = &timer;
    }
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    {
        std::scoped_lock const lock(waking_);
        pause_ = nullptr;
    }
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        co_return fail(Code::Cancelled, "dispatch: cancelled");
    co_return Result<>();
}

void Dispatcher::wake() {
    std::scoped_lock const lock(waking_);
    woken_ = true;
    if (pause_ == nullptr) return;
    asio::post(pause_->get_executor(), [this] {
        std::scoped_lock const again(waking_);
        if (pause_ != nullptr) pause_->cancel();
    });
}

}  // namespace carrel
