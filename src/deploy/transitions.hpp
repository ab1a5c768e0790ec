#pragma once

/// The moves of a course that time and provisioners make, each inside one transaction of the
/// store.
///
/// A deployment's id is a fence: whoever works for it may write only while the course still names
/// it. All the dispatcher remembers is in these rows, so that two dispatchers, or a new one after a
/// crash, decide alike.

#include "domain/lifecycle.hpp"
#include "store/transaction.hpp"

#include <span>

namespace carrel {

struct TransitionOptions {
    DispatchPolicy policy;
    Seconds lease{30};  ///< how long a dispatcher may be silent before another takes over
    Seconds deploy_deadline{900};
    Seconds degrade_deadline{3600};
    /// Names this dispatcher among those that share the store, the same after a restart. To be set
    /// only where nothing but one process at a time can bear the name.
    std::string instance;
};

/// A move that was made.
struct Step {
    Transition transition;
    Course course;                           ///< as it is after the move
    std::optional<Deployment> to_work_on;    ///< set when somebody has to work now
    std::optional<DeploymentId> superseded;  ///< whose result does not count any more
};

/// Makes the move that `now` demands of the course, if it demands one. A move that starts work is
/// only made when `may_start`; `fresh` becomes the id of its deployment.
[[nodiscard]] Result<std::optional<Step>> advance(Transaction& transaction, CourseId const& id,
                                                  Time now, DeploymentId const& fresh,
                                                  TransitionOptions const& options, bool may_start);

/// The course when it still waits for this deployment, otherwise nothing.
[[nodiscard]] Result<std::optional<Course>> find_if_current(Transaction& transaction,
                                                            Deployment const& deployment);

/// Extends the lease. False: the deployment is not current any more; its work must stop.
[[nodiscard]] Result<bool> renew(Transaction& transaction, Deployment const& deployment, Time now,
                                 TransitionOptions const& options);

/// Gives the course back without a result, so that the next dispatcher takes it over at once.
[[nodiscard]] Result<> release(Transaction& transaction, Deployment const& deployment, Time now);

/// Gives back everything that an earlier process of this instance worked on when it died; nothing
/// where no instance is set. Returns how many courses that were.
[[nodiscard]] Result<int> release_own(Transaction& transaction, Time now,
                                      TransitionOptions const& options);

/// Writes the result. False: the deployment is not current any more, and nothing was written.
[[nodiscard]] Result<bool> finish(Transaction& transaction, Deployment const& deployment,
                                  Result<> const& outcome, Time now);

struct ProgressNote {
    Time at;
    std::string message;
    std::string detail = "{}";  ///< JSON object
};
/// Adds to the course's timeline what a provisioner reports, while its deployment is current.
[[nodiscard]] Result<> add_progress(Transaction& transaction, Deployment const& deployment,
                                    std::span<ProgressNote const> notes);

/// After the machine's clock was set back, leases and deadlines lie farther ahead than anybody ever
/// sets them: cuts them to what they may be, so that nothing waits for a lost hour.
[[nodiscard]] Result<> mend_leases(Transaction& transaction, Time now,
                                   TransitionOptions const& options);
/// Whether `mend_leases` has something to do. Reads only.
[[nodiscard]] Result<bool> needs_mending(Transaction& transaction, Time now,
                                         TransitionOptions const& options);

/// "15 minutes"
[[nodiscard]] std::string in_words(Seconds duration);

}  // namespace carrel
