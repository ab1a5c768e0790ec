#pragma once

/// Carries out what orders to remove people say of their files, when their servers have ended.
///
/// Level-triggered and without memory: each pass does what is not done yet for the orders that the
/// store has, so that a process which is killed at any moment is followed by one that goes on. A
/// course that is being deployed or taken down is waited for. Control thread; files on the pool.
/// Owned by app/wiring.

#include "base/clock.hpp"
#include "deploy/local/local_provisioner.hpp"
#include "homes/home_eraser.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/task.hpp"
#include "store/store.hpp"

#include <atomic>

namespace carrel {

struct RemoverDependencies {
    Store& store;
    HomeStore& homes;
    HomeEraser& eraser;
    LocalProvisioner& provisioner;  ///< changes the same homes
    Clock const& clock;
    BlockingPool& pool;
    long long first_home_number = LocalProvisionerOptions{}.first_home_number;
};

class Remover {
public:
    explicit Remover(RemoverDependencies const& dependencies) : use_(dependencies) {}

    /// Until cancelled; an export that is under way is given up then.
    Task<> run();
    /// One pass. Blocks. How many orders are done now that were not.
    [[nodiscard]] Result<size_t> pass();

private:
    /// False: it has to wait for a server or a course.
    Result<bool> carry_out(Removal const& removal);
    Result<bool> is_at_work(Transaction& transaction, Removal const& removal,
                            std::vector<CourseId> const& courses);
    Result<bool> treat(Removal const& removal, CourseId const& id);
    Result<> export_home(Removal const& removal, Course const& course, HomeKey const& key);
    Result<> erase(Removal const& removal, Course const& course, HomeKey const& key);
    Result<> note_problem(Removal removal, Error const& error);

    RemoverDependencies use_;
    std::atomic<bool> stopping_ = false;
    Time retry_at_{};
};

}  // namespace carrel
