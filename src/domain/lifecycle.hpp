#pragma once

/// How a course moves: the one table of who may do what in which state, and the one function that
/// says what time demands. Both are pure; docs/reference/course-states.md shows the same table, and
/// a test keeps the two equal.

#include "domain/course.hpp"

#include <optional>
#include <span>
#include <vector>

namespace carrel {

/// What a person can ask of a course.
enum class Action { Accept, Reject, Cancel, Deploy, Degrade, Redeploy, Invite, Apply, Admit };
[[nodiscard]] std::string_view name_of(Action action);

/// Who asks, seen from the course.
struct Standing {
    bool administrator = false;
    bool leader = false;     ///< of this course
    bool requester = false;  ///< asked for it
};

/// To whom an action is open.
enum class People {
    Administrators,
    Owners,  ///< the course's leaders, and administrators
    Everybody,
};
[[nodiscard]] std::string_view name_of(People people);

/// One line of the table: in state `from`, `action` is open to `people` and leads to `to`.
struct Rule {
    CourseState from;
    Action action;
    CourseState to;  ///< the same as `from` when the dispatcher makes the move later
    People people;
};
[[nodiscard]] std::span<Rule const> rules();

struct GovernancePolicy {
    /// Whether an administrator may accept a course of their own.
    bool accept_own_courses = false;
};

/// The rule that lets somebody do this now.
/// Conflict: nobody can in this state. PermissionDenied: others can.
[[nodiscard]] Result<Rule> permitted(Course const& course, Action action, Standing const& standing,
                                     GovernancePolicy const& policy);

/// Everything somebody may do now, for the UI; what has been asked for already is not offered.
[[nodiscard]] std::vector<Action> permitted_actions(Course const& course, Standing const& standing,
                                                    GovernancePolicy const& policy);

/// What the dispatcher has to do with a course.
enum class Transition {
    StartDeploy,   ///< lease it, write a fresh deployment, make the hub
    StartDegrade,  ///< lease it, write a fresh deployment, export and take down
    TakeOver,      ///< whoever worked on it lost the lease: start the same kind afresh
    GiveUp,        ///< its deadline has passed: failed
    Lapse,         ///< its end passed before it was deployed: canceled
};
[[nodiscard]] std::string_view name_of(Transition transition);

struct DispatchPolicy {
    Seconds lead{600};  ///< how long before its start a course is deployed
};

/// What `now` demands of the course, or nothing. Deploys within [starts_at − lead, ends_at): a
/// course accepted late still deploys, a far one does not.
[[nodiscard]] std::optional<Transition> next_transition(Course const& course, Time now,
                                                        DispatchPolicy const& policy);

/// When `next_transition` may next answer differently by the passing of time alone; nothing: never.
[[nodiscard]] std::optional<Time> next_look(Course const& course, Time now,
                                            DispatchPolicy const& policy);

}  // namespace carrel
