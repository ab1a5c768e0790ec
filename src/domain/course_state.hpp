#pragma once

/// The states of a course, an application and a deployment, with the names that the API and the
/// store use.

#include "base/result.hpp"

#include <array>
#include <string_view>

namespace carrel {

enum class CourseState {
    Pending,    ///< asked for, not decided
    Accepted,   ///< will be deployed when its time comes
    Rejected,   ///< by an administrator, with a reason
    Canceled,   ///< withdrawn, or its end passed before it could start
    Deploying,  ///< a provisioner makes the hub
    Deployed,   ///< the hub is there
    Degrading,  ///< the hub is read-only; homes are exported, then it is taken down
    Degraded,   ///< gone; exports remain
    Failed,     ///< a deployment failed; an administrator redeploys or degrades
};
inline constexpr std::array all_course_states{
    CourseState::Pending,   CourseState::Accepted,  CourseState::Rejected,
    CourseState::Canceled,  CourseState::Deploying, CourseState::Deployed,
    CourseState::Degrading, CourseState::Degraded,  CourseState::Failed};

enum class ApplicationState { Pending, Accepted, Rejected };
enum class DeploymentKind { Deploy, Degrade };
enum class DeploymentState { Running, Succeeded, Failed };

[[nodiscard]] std::string_view name_of(CourseState state);  ///< "pending"
[[nodiscard]] std::string_view name_of(ApplicationState state);
[[nodiscard]] std::string_view name_of(DeploymentKind kind);
[[nodiscard]] std::string_view name_of(DeploymentState state);

/// The reverse; InvalidArgument for a name that is none.
[[nodiscard]] Result<CourseState> parse_course_state(std::string_view name);
[[nodiscard]] Result<ApplicationState> parse_application_state(std::string_view name);
[[nodiscard]] Result<DeploymentKind> parse_deployment_kind(std::string_view name);
[[nodiscard]] Result<DeploymentState> parse_deployment_state(std::string_view name);

}  // namespace carrel
