#pragma once

/// A course: what a leader asks for and what has a life. See lifecycle.hpp for how it moves.

#include "base/clock.hpp"
#include "base/id.hpp"
#include "domain/course_state.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace carrel {

/// What one participant's server may use.
struct Resources {
    double cpu = 1;          ///< cores
    double memory_gib = 1;   ///< GiB
    double storage_gib = 1;  ///< GiB of home

    bool operator==(Resources const&) const = default;
};

/// What a leader asks for; validated by `check_course_request` in course_rules.hpp.
struct CourseRequest {
    std::string slug;
    std::string name;
    std::string description;
    Time starts_at;
    std::optional<Time> ends_at;  ///< nothing: a standing hub
    int expected_participants = 25;
    Resources resources;
    std::string environment;       ///< a name from the configuration
    std::string image = {};        ///< instead of the environment's, spelled in full; or empty
    std::string target = "local";  ///< which provisioner makes the hub
    /// Whether the course folder has a part that everybody in the course may write.
    bool shared_folder = false;
};

struct Course {
    CourseId id;
    CourseRequest request;

    CourseState state = CourseState::Pending;
    Time state_since;
    std::string reason;  ///< why it was rejected, canceled or failed, for a human; else empty

    /// What somebody asked the dispatcher to do at its next tick, ahead of the calendar.
    std::optional<DeploymentKind> wanted;
    /// The deployment whose result counts. Any other one's result is ignored.
    std::optional<DeploymentId> deployment;
    /// While a dispatcher works on the course: until when it holds it, and what must be over by
    /// then.
    std::optional<Time> lease_until;
    std::optional<Time> deadline;

    UserId requested_by;
    std::vector<UserId> leaders;  ///< at least one
    std::string invitation_code;
    Time created_at;
    Time updated_at;

    [[nodiscard]] bool led_by(UserId const& user) const {
        return std::ranges::find(leaders, user) != leaders.end();
    }
};

/// One run that deploys or degrades a course. Its id fences it.
struct Deployment {
    DeploymentId id;
    CourseId course;
    DeploymentKind kind = DeploymentKind::Deploy;
    DeploymentState state = DeploymentState::Running;
    Time started_at;
    Time deadline;
    std::optional<Time> finished_at;
    std::string message;   ///< why it failed, or a remark; for a human
    std::string instance;  ///< whose dispatcher works on it; empty: it does not say
};

/// A participant's wish to join. Accepted makes them a participant.
struct Application {
    CourseId course;
    UserId user;
    ApplicationState state = ApplicationState::Pending;
    Time applied_at;
    std::optional<Time> decided_at;
    std::optional<UserId> decided_by;
};

}  // namespace carrel
