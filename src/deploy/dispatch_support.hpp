#pragma once

/// For tests of this module alone: a store that a process loses when it is killed, and such a
/// process, which can be killed.

#include "base/temporary_folder.hpp"
#include "deploy/dispatcher.hpp"
#include "deploy/fake_provisioner.hpp"
#include "store/store_contract.hpp"

#include <boost/asio/co_spawn.hpp>

namespace carrel {

/// A process's view of the store: from the moment it is killed, nothing it does has an effect.
class MortalStore final : public Store {
public:
    explicit MortalStore(Store& shared) : shared_(shared) {}

    void die() { dead_ = true; }
    [[nodiscard]] bool dead() const { return dead_; }
    enum class Moment { BeforeWrite, AfterWrite };
    /// Dies at the write after `writes` more ones, just before it begins or just after it is done.
    void die_at(int writes, Moment moment) {
        writes_left_ = writes;
        moment_ = moment;
    }

protected:
    Result<> transact(Access access, std::function<Result<>(Transaction&)> const& work) override {
        if (dead_) return killed();
        if (access == Access::Read) return shared_.read(work);
        bool const last = writes_left_ == 0;
        --writes_left_;
        if (last) dead_ = true;
        if (last && moment_ == Moment::BeforeWrite) return killed();
        auto outcome = shared_.write(work);
        return last ? killed() : outcome;
    }

private:
    static Result<> killed() { return fail(Code::Unavailable, "this process was killed"); }

    Store& shared_;
    std::atomic<bool> dead_ = false;
    std::atomic<int> writes_left_ = -1;
    Moment moment_ = Moment::BeforeWrite;
};

/// A control process with a dispatcher. Destroying it is kill -9.
class ControlProcess {
public:
    ControlProcess(Store& shared, Clock const& clock, Random& random,
                   std::map<std::string, Provisioner*> provisioners, DispatcherOptions options)
        : store(shared),
          dispatcher(store, clock, random, pool_, std::move(provisioners), options) {}
    ~ControlProcess() {
        store.die();
        pool_.join();
    }

    /// One tick, and its report.
    Result<TickReport> tick() { return wait_for(dispatcher.tick()); }

    /// Runs a task to its end.
    template <class T>
    Result<T> wait_for(Task<T> task) {
        std::optional<Result<T>> outcome;
        asio::co_spawn(context, std::move(task),
                       [&](std::exception_ptr exception, Result<T> result) {
                           if (exception) std::rethrow_exception(exception);
                           outcome = std::move(result);
                       });
        run_until([&] { return outcome.has_value(); });
        return *outcome;
    }

    /// Lets everything go on until `reached`.
    void run_until(std::function<bool()> const& reached) {
        while (!reached()) {
            // Far beyond anything here: a test that would hang fails instead.
            if (context.run_one_for(std::chrono::seconds(60)) == 0)
                throw std::runtime_error("nothing happens any more");
        }
    }
    void run_until_idle() {
        run_until([this] { return dispatcher.working() == 0; });
    }

    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> keep_running{context.get_executor()};
    MortalStore store;

private:
    BlockingPool pool_{2};

public:
    Dispatcher dispatcher;
};

/// A platform with one course that ada leads, at a time that tests move.
class DispatchTest : public testing::Test {
protected:
    DispatchTest() {
        options.transitions.policy.lead = Seconds(600);
        change([&](Transaction& t) { return t.users().insert(some_user("ada")); });
    }

    template <class Work>
    void change(Work work) {
        auto const done = store->write(work);
        if (!done) throw std::runtime_error(done.error().message);
    }
    template <class Work>
    auto look(Work work) {
        auto outcome = store->read(work);
        if (!outcome) throw std::runtime_error(outcome.error().message);
        return *std::move(outcome);
    }

    /// An accepted course that runs for an hour.
    Course add_course(std::string const& slug, Time starts_at) {
        auto course = some_course(slug);
        course.state = CourseState::Accepted;
        course.request.starts_at = starts_at;
        course.request.ends_at = starts_at + std::chrono::hours(1);
        change([&](Transaction& t) { return t.courses().insert(course); });
        return course;
    }
    Course course(std::string const& slug = "maths") {
        return look([&](Transaction& t) { return t.courses().find_by_slug(slug); });
    }
    CourseState state(std::string const& slug = "maths") { return course(slug).state; }
    void want(DeploymentKind kind, std::string const& slug = "maths") {
        change([&](Transaction& t) -> Result<> {
            TRY(auto found, t.courses().find_by_slug(slug));
            found.wanted = kind;
            return t.courses().update(found);
        });
    }
    /// Newest first.
    std::vector<Deployment> deployments(std::string const& slug = "maths") {
        auto const id = course(slug).id;
        return look([&](Transaction& t) { return t.deployments().of_course(id); });
    }
    std::vector<std::string> events(std::string const& slug = "maths") {
        auto const id = course(slug).id;
        std::vector<std::string> kinds;
        for (auto const& event :
             look([&](Transaction& t) { return t.events().of_course(id, 0, 1000); }))
            kinds.push_back(event.kind);
        return kinds;
    }
    std::vector<std::string> event_details() {
        auto const id = course().id;
        std::vector<std::string> details;
        for (auto const& event :
             look([&](Transaction& t) { return t.events().of_course(id, 0, 1000); }))
            details.push_back(event.detail);
        return details;
    }
    std::unique_ptr<ControlProcess> start(Provisioner& provisioner) {
        return std::make_unique<ControlProcess>(
            *store, clock, random, std::map<std::string, Provisioner*>{{"local", &provisioner}},
            options);
    }

    static constexpr Time start_of_test{Milliseconds(1'700'000'000'000)};
    TemporaryFolder folder;
    std::unique_ptr<Store> store = open_sqlite_store(folder.path() / "carrel.sqlite").value();
    ManualClock clock{start_of_test};
    SystemRandom random;
    DispatcherOptions options;
};

}  // namespace carrel
