#pragma once

/// Makes hubs on this machine, where the hub itself already runs: deploying is providing homes, and
/// degrading is exporting and deleting them.
///
/// Before each step it asks the store whether its deployment still counts, and stops when it does
/// not. Owned by app/wiring.

#include "deploy/provisioner.hpp"
#include "homes/home_store.hpp"
#include "runtime/blocking_pool.hpp"
#include "store/store.hpp"

#include <map>
#include <memory>
#include <mutex>

namespace carrel {

struct LocalProvisionerOptions {
    /// The number of the first home; the hub uses the same one.
    long long first_home_number = 200'000;
    /// How long the hub may take to stop the servers of a course that ends.
    Seconds stop_servers_within{300};
    /// How often it looks whether they have.
    Milliseconds look_every{500};
};

class LocalProvisioner final : public Provisioner {
public:
    LocalProvisioner(Store& store, HomeStore& homes, Clock const& clock, BlockingPool& pool,
                     LocalProvisionerOptions options = {});

    /// Provides the course folder and the homes of leaders and participants now, so that a full
    /// disk shows before the course starts. Homes that an unfinished degrade has deleted come back
    /// from their exports; one that cannot fails the deploy, so that nobody begins anew beside work
    /// of theirs.
    Task<> deploy(Course course, Deployment deployment, Report report) override;

    /// Waits until the hub has stopped every server, exports every home and the folder, and only
    /// when all exports are verified deletes the homes and proves them gone. Run again, it keeps
    /// the exports of homes that are gone already.
    Task<> degrade(Course course, Deployment deployment, Report report) override;

    /// Whoever changes homes of this course has it locked meanwhile. Thread-safe.
    [[nodiscard]] std::shared_ptr<std::mutex> changes_to(CourseId const& course);

private:
    /// Of a person, or the course folder.
    struct Home {
        UserId user;  // empty of the course folder
        HomeKey key;
        VerifiedExport exported;  // once it is; when deploying, by an earlier deployment
    };
    using Homes = std::vector<Home>;
    static size_t people_of(Homes const& homes);
    static Result<Export> find_export(Transaction& transaction, Course const& course,
                                      Home const& home);

    Result<Homes> homes_to_provide(Course const& course, Deployment const& deployment);
    Result<Homes> homes_to_export(Course const& course, Deployment const& deployment);
    Result<Homes> with_names(Transaction& transaction, Course const& course,
                             std::vector<UserId> const& users) const;
    /// False: it did not have to be restored.
    Result<bool> provide_one(Course const& course, Deployment const& deployment, Home const& home);
    Task<> wait_for_servers(Course const& course, Deployment const& deployment);
    Result<std::vector<std::string>> names_of_running(Course const& course);
    Result<> remove_one(Course const& course, Deployment const& deployment, Home const& home);
    [[nodiscard]] std::function<bool()> stop_requested(Deployment const& deployment);
    /// False: there was no home to export.
    Result<bool> export_one(Course const& course, Deployment const& deployment, Home& home);
    Result<bool> keep_earlier_export(Course const& course, Home& home);
    Result<> record_export(Course const& course, Deployment const& deployment, Home& home);
    Result<> prove_gone(Course const& course);
    Result<> check_current(Deployment const& deployment);

    Store& store_;
    HomeStore& homes_;
    Clock const& clock_;
    BlockingPool& pool_;
    LocalProvisionerOptions options_;

    std::mutex changing_;  // guards the map
    std::map<CourseId, std::weak_ptr<std::mutex>> changes_;
};

}  // namespace carrel
