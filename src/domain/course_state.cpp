#include "domain/course_state.hpp"

#include <utility>

namespace carrel {

namespace {

/// Finds the enumerator with this name among `all`.
template <class State, size_t count>
Result<State> parse(std::array<State, count> const& all, std::string_view what,
                    std::string_view name) {
    for (auto const state : all)
        if (name_of(state) == name) return state;
    return fail(Code::InvalidArgument, "'{}' is no {}", name.substr(0, 40), what);
}

}  // namespace

std::string_view name_of(CourseState state) {
    switch (state) {
        case CourseState::Pending:
            return "pending";
        case CourseState::Accepted:
            return "accepted";
        case CourseState::Rejected:
            return "rejected";
        case CourseState::Canceled:
            return "canceled";
        case CourseState::Deploying:
            return "deploying";
        case CourseState::Deployed:
            return "deployed";
        case CourseState::Degrading:
            return "degrading";
        case CourseState::Degraded:
            return "degraded";
        case CourseState::Failed:
            return "failed";
    }
    std::unreachable();
}

std::string_view name_of(ApplicationState state) {
    switch (state) {
        case ApplicationState::Pending:
            return "pending";
        case ApplicationState::Accepted:
            return "accepted";
        case ApplicationState::Rejected:
            return "rejected";
    }
    std::unreachable();
}

std::string_view name_of(DeploymentKind kind) {
    switch (kind) {
        case DeploymentKind::Deploy:
            return "deploy";
        case DeploymentKind::Degrade:
            return "degrade";
    }
    std::unreachable();
}

std::string_view name_of(DeploymentState state) {
    switch (state) {
        case DeploymentState::Running:
            return "running";
        case DeploymentState::Succeeded:
            return "succeeded";
        case DeploymentState::Failed:
            return "failed";
    }
    std::unreachable();
}

Result<CourseState> parse_course_state(std::string_view name) {
    return parse(all_course_states, "state of a course", name);
}

Result<ApplicationState> parse_application_state(std::string_view name) {
    return parse(std::array{ApplicationState::Pending, ApplicationState::Accepted,
                            ApplicationState::Rejected},
                 "state of an application", name);
}

Result<DeploymentKind> parse_deployment_kind(std::string_view name) {
    return parse(std::array{DeploymentKind::Deploy, DeploymentKind::Degrade}, "kind of deployment",
                 name);
}

Result<DeploymentState> parse_deployment_state(std::string_view name) {
    return parse(
        std::array{DeploymentState::Running, DeploymentState::Succeeded, DeploymentState::Failed},
        "state of a deployment", name);
}

}  // namespace carrel
