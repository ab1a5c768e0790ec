#include "domain/lifecycle.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace carrel {

namespace {

using enum CourseState;
using enum People;

// Deploy, Degrade and Redeploy keep the state: they record a wish, and the dispatcher, which alone
// holds leases, makes the move at its next tick.
constexpr std::array table{
    Rule{Pending, Action::Accept, Accepted, Administrators},
    Rule{Pending, Action::Reject, Rejected, Administrators},
    Rule{Pending, Action::Cancel, Canceled, Owners},
    Rule{Pending, Action::Invite, Pending, Owners},
    Rule{Rejected, Action::Accept, Accepted, Administrators},
    Rule{Rejected, Action::Cancel, Canceled, Owners},
    Rule{Accepted, Action::Reject, Rejected, Administrators},
    Rule{Accepted, Action::Cancel, Canceled, Owners},
    Rule{Accepted, Action::Deploy, Accepted, Administrators},
    Rule{Accepted, Action::Invite, Accepted, Owners},
    Rule{Accepted, Action::Apply, Accepted, Everybody},
    Rule{Accepted, Action::Admit, Accepted, Owners},
    Rule{Deploying, Action::Invite, Deploying, Owners},
    Rule{Deploying, Action::Apply, Deploying, Everybody},
    Rule{Deploying, Action::Admit, Deploying, Owners},
    Rule{Deployed, Action::Degrade, Deployed, Owners},
    Rule{Deployed, Action::Invite, Deployed, Owners},
    Rule{Deployed, Action::Apply, Deployed, Everybody},
    Rule{Deployed, Action::Admit, Deployed, Owners},
    Rule{Failed, Action::Redeploy, Failed, Administrators},
    Rule{Failed, Action::Degrade, Failed, Administrators},
    Rule{Failed, Action::Invite, Failed, Owners},
    Rule{Failed, Action::Apply, Failed, Everybody},
    Rule{Failed, Action::Admit, Failed, Owners},
};

constexpr std::array all_actions{Action::Accept, Action::Reject,  Action::Cancel,
                                 Action::Deploy, Action::Degrade, Action::Redeploy,
                                 Action::Invite, Action::Apply,   Action::Admit};

Rule const* find_rule(CourseState from, Action action) {
    auto const* const found = std::ranges::find_if(
        table, [&](Rule const& rule) { return rule.from == from && rule.action == action; });
    return found == table.end() ? nullptr : found;
}

/// Somebody has asked for it already, and the dispatcher will do it at its next tick.
bool is_under_way(Course const& course, Action action) {
    if (action == Action::Deploy || action == Action::Redeploy)
        return course.wanted == DeploymentKind::Deploy;
    return action == Action::Degrade && course.wanted == DeploymentKind::Degrade;
}

bool ended(Course const& course, Time now) {
    return course.request.ends_at && *course.request.ends_at <= now;
}

bool time_to_deploy(Course const& course, Time now, DispatchPolicy const& policy) {
    return now >= course.request.starts_at - policy.lead;
}

/// A working state: somebody holds the lease, or held it and is gone, or took too long.
std::optional<Transition> while_working(Course const& course, Time now) {
    if (course.deadline && *course.deadline <= now) return Transition::GiveUp;
    if (!course.lease_until || *course.lease_until <= now) return Transition::TakeOver;
    return {};
}

}  // namespace

std::string_view name_of(Action action) {
    switch (action) {
        case Action::Accept:
            return "accept";
        case Action::Reject:
            return "reject";
        case Action::Cancel:
            return "cancel";
        case Action::Deploy:
            return "deploy";
        case Action::Degrade:
            return "degrade";
        case Action::Redeploy:
            return "redeploy";
        case Action::Invite:
            return "invite";
        case Action::Apply:
            return "apply";
        case Action::Admit:
            return "admit";
    }
    std::unreachable();
}

std::string_view name_of(People people) {
    switch (people) {
        case Administrators:
            return "administrators";
        case Owners:
            return "its leaders, administrators";
        case Everybody:
            return "everybody with the invitation";
    }
    std::unreachable();
}

std::string_view name_of(Transition transition) {
    switch (transition) {
        case Transition::StartDeploy:
            return "start_deploy";
        case Transition::StartDegrade:
            return "start_degrade";
        case Transition::TakeOver:
            return "take_over";
        case Transition::GiveUp:
            return "give_up";
        case Transition::Lapse:
            return "lapse";
    }
    std::unreachable();
}

std::span<Rule const> rules() { return table; }

Result<Rule> permitted(Course const& course, Action action, Standing const& standing,
                       GovernancePolicy const& policy) {
    auto const* const rule = find_rule(course.state, action);
    if (rule == nullptr)
        return fail(Code::Conflict, "cannot {} a course that is {}", name_of(action),
                    name_of(course.state));
    bool const open = rule->people == Everybody || standing.administrator ||
                      (rule->people == Owners && standing.leader);
    if (!open) return fail(Code::PermissionDenied, "you may not {} this course", name_of(action));
    bool const own = standing.requester || standing.leader;
    if (action == Action::Accept && own && !policy.accept_own_courses)
        return fail(Code::PermissionDenied,
                    "nobody accepts their own course; another administrator has to");
    return *rule;
}

std::vector<Action> permitted_actions(Course const& course, Standing const& standing,
                                      GovernancePolicy const& policy) {
    std::vector<Action> actions;
    for (auto const action : all_actions)
        if (!is_under_way(course, action) && permitted(course, action, standing, policy))
            actions.push_back(action);
    return actions;
}

std::optional<Transition> next_transition(Course const& course, Time now,
                                          DispatchPolicy const& policy) {
    switch (course.state) {
        case Accepted:
            if (ended(course, now)) return Transition::Lapse;
            if (course.wanted == DeploymentKind::Deploy || time_to_deploy(course, now, policy))
                return Transition::StartDeploy;
            return {};
        case Deployed:
            if (ended(course, now) || course.wanted == DeploymentKind::Degrade)
                return Transition::StartDegrade;
            return {};
        case Failed:
            // Never by time alone: a human has seen the reason and says which way.
            if (!course.wanted) return {};
            return *course.wanted == DeploymentKind::Deploy ? Transition::StartDeploy
                                                            : Transition::StartDegrade;
        case Deploying:
        case Degrading:
            return while_working(course, now);
        case Pending:
        case Rejected:
        case Canceled:
        case Degraded:
            return {};
    }
    std::unreachable();
}

std::optional<Time> next_look(Course const& course, Time now, DispatchPolicy const& policy) {
    if (next_transition(course, now, policy)) return now;
    switch (course.state) {
        case Accepted:
            return course.request.starts_at - policy.lead;
        case Deployed:
            return course.request.ends_at;
        case Deploying:
        case Degrading:
            return std::min(*course.lease_until, course.deadline.value_or(Time::max()));
        default:
            return {};
    }
}

}  // namespace carrel
