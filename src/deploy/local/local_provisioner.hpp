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

    /// Provides the homes of leaders and participants now, so that a full disk shows before the
    /// course starts.
    Task<> deploy(Course course, Deployment deployment, Report report) override;

    /// Waits until the hub has stopped every server, exports every home, and only when all exports
    /// are verified deletes the homes and proves them gone. Run again, it keeps the exports of
    /// homes that are gone already.
    Task<> degrade(Course course, Deployment deployment, Report report) override;

private:
    struct Home {
        UserId user;
        HomeKey key;
        VerifiedExport exported;  // once it is
    };
    using Homes = std::vector<Home>;

    Result<Homes> homes_to_provide(Course const& course, Deployment const& deployment);
    Result<Homes> homes_to_export(Course const& course, Deployment const& deployment);
    Result<Homes> with_names(Transaction& transaction, Course const& course,
                             std::vector<UserId> const& users) const;
    Task<> wait_for_servers(Course const& course, Deployment const& deployment);
    Result<std::vector<std::string>> names_of_running(Course const& course);
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
};

}  // namespace carrel
