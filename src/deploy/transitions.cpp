#include "deploy/transitions.hpp"

#include <algorithm>

namespace carrel {

namespace {

CourseState working_state(DeploymentKind kind) {
    return kind == DeploymentKind::Deploy ? CourseState::Deploying : CourseState::Degrading;
}

Seconds deadline_of(DeploymentKind kind, TransitionOptions const& options) {
    return kind == DeploymentKind::Deploy ? options.deploy_deadline : options.degrade_deadline;
}

std::string_view gerund(DeploymentKind kind) {
    return kind == DeploymentKind::Deploy ? "deploying" : "degrading";
}

Result<> tell(Transaction& transaction, Course const& course, Time now, std::string_view kind,
              std::string message, std::string detail = "{}") {
    Event event;
    event.at = now;
    event.kind = kind;
    event.course = course.id;
    event.message = std::move(message);
    event.detail = std::move(detail);
    TRY_VOID(transaction.events().append(event));
    return {};
}

Result<> enter(Transaction& transaction, Course& course, CourseState state, Time now) {
    course.state = state;
    course.state_since = now;
    course.updated_at = now;
    return transaction.courses().update(course);
}

/// Writes how a deployment ended, unless it has ended already.
Result<> close(Transaction& transaction, DeploymentId const& id, DeploymentState state,
               std::string const& message, Time now) {
    auto found = transaction.deployments().find(id);
    if (!found && found.error().code == Code::NotFound) return {};
    TRY(auto deployment, std::move(found));
    if (deployment.state != DeploymentState::Running) return {};
    deployment.state = state;
    deployment.finished_at = now;
    deployment.message = message;
    return transaction.deployments().update(deployment);
}

Result<> come_to_rest(Transaction& transaction, Course& course, CourseState state,
                      std::string reason, Time now) {
    course.reason = std::move(reason);
    course.lease_until.reset();
    course.deadline.reset();
    return enter(transaction, course, state, now);
}

Result<Step> start(Transaction& transaction, Course course, Transition transition, Time now,
                   DeploymentId const& fresh, TransitionOptions const& options) {
    bool const takes_over = transition == Transition::TakeOver;
    auto const kind =
        course.state == CourseState::Degrading || transition == Transition::StartDegrade
            ? DeploymentKind::Degrade
            : DeploymentKind::Deploy;
    Step step{transition, {}, {}, {}};
    if (takes_over && course.deployment) {
        step.superseded = course.deployment;
        TRY_VOID(
            close(transaction, *course.deployment, DeploymentState::Failed, "taken over", now));
    }
    // The deadline is the state's: work that is lost again and again must end some time too.
    if (!takes_over || !course.deadline) course.deadline = now + deadline_of(kind, options);
    Deployment deployment;
    deployment.id = fresh;
    deployment.course = course.id;
    deployment.kind = kind;
    deployment.started_at = now;
    deployment.deadline = *course.deadline;
    deployment.instance = options.instance;
    TRY_VOID(transaction.deployments().insert(deployment));
    course.deployment = fresh;
    course.lease_until = now + options.lease;
    course.wanted.reset();
    course.reason.clear();
    if (takes_over) {
        course.updated_at = now;
        TRY_VOID(transaction.courses().update(course));
    } else {
        TRY_VOID(enter(transaction, course, working_state(kind), now));
    }
    auto const* const event = kind == DeploymentKind::Deploy ? "deploy_started" : "degrade_started";
    TRY_VOID(tell(transaction, course, now, event,
                  fmt::format("{} {}", gerund(kind),
                              takes_over ? "was interrupted and starts again" : "starts")));
    step.to_work_on = deployment;
    step.course = std::move(course);
    return step;
}

Result<Step> give_up(Transaction& transaction, Course course, Time now,
                     TransitionOptions const& options) {
    auto const kind =
        course.state == CourseState::Deploying ? DeploymentKind::Deploy : DeploymentKind::Degrade;
    auto const allowed = course.deadline
                             ? std::chrono::floor<Seconds>(*course.deadline - course.state_since)
                             : deadline_of(kind, options);
    auto reason = fmt::format("{} took longer than {}", gerund(kind), in_words(allowed));
    Step step{Transition::GiveUp, {}, {}, course.deployment};
    if (course.deployment)
        TRY_VOID(close(transaction, *course.deployment, DeploymentState::Failed, reason, now));
    TRY_VOID(tell(transaction, course, now, "failed", reason));
    TRY_VOID(come_to_rest(transaction, course, CourseState::Failed, std::move(reason), now));
    step.course = std::move(course);
    return step;
}

Result<Step> lapse(Transaction& transaction, Course course, Time now) {
    std::string reason = "its end passed before it was deployed";
    TRY_VOID(tell(transaction, course, now, "course_lapsed", reason));
    course.wanted.reset();
    TRY_VOID(come_to_rest(transaction, course, CourseState::Canceled, std::move(reason), now));
    return Step{Transition::Lapse, std::move(course), {}, {}};
}

/// A lease or deadline from the time before the clock was set back.
bool mend(Course& course, Time now, TransitionOptions const& options) {
    auto const kind =
        course.state == CourseState::Deploying ? DeploymentKind::Deploy : DeploymentKind::Degrade;
    bool mended = false;
    auto const cut = [&](std::optional<Time>& time, Time latest) {
        if (!time || *time <= latest) return;
        time = latest;
        mended = true;
    };
    cut(course.lease_until, now + options.lease);
    cut(course.deadline, now + deadline_of(kind, options));
    return mended;
}

/// Calls `look(course)` with each course that somebody works on, until it returns false.
template <class Look>
Result<> look_at_working(Transaction& transaction, Look const& look) {
    constexpr int page_size = 200;
    for (auto const state : {CourseState::Deploying, CourseState::Degrading}) {
        for (Page page{page_size, ""};;) {
            Courses::Filter filter;
            filter.state = state;
            TRY(auto courses, transaction.courses().list(filter, page));
            for (auto& course : courses) {
                TRY(bool const goes_on, look(course));
                if (!goes_on) return {};
            }
            if (courses.size() < page_size) break;
            page.after = courses.back().request.slug;
        }
    }
    return {};
}

}  // namespace

Result<std::optional<Step>> advance(Transaction& transaction, CourseId const& id, Time now,
                                    DeploymentId const& fresh, TransitionOptions const& options,
                                    bool may_start) {
    TRY(auto course, transaction.courses().find(id));
    auto const transition = next_transition(course, now, options.policy);
    if (!transition) return std::nullopt;
    switch (*transition) {
        case Transition::StartDeploy:
        case Transition::StartDegrade:
        case Transition::TakeOver:
            if (!may_start) return std::nullopt;
            return start(transaction, std::move(course), *transition, now, fresh, options);
        case Transition::GiveUp:
            return give_up(transaction, std::move(course), now, options);
        case Transition::Lapse:
            return lapse(transaction, std::move(course), now);
    }
    std::unreachable();
}

Result<std::optional<Course>> find_if_current(Transaction& transaction,
                                              Deployment const& deployment) {
    TRY(auto course, transaction.courses().find(deployment.course));
    if (course.deployment != deployment.id || course.state != working_state(deployment.kind))
        return std::nullopt;
    return course;
}

Result<bool> renew(Transaction& transaction, Deployment const& deployment, Time now,
                   TransitionOptions const& options) {
    TRY(auto course, find_if_current(transaction, deployment));
    if (!course) return false;
    course->lease_until = now + options.lease;
    TRY_VOID(transaction.courses().update(*course));
    return true;
}

Result<> release(Transaction& transaction, Deployment const& deployment, Time now) {
    TRY_VOID(close(transaction, deployment.id, DeploymentState::Failed, "interrupted", now));
    TRY(auto course, find_if_current(transaction, deployment));
    if (!course) return {};
    // Without a current deployment, whoever still works on it sees that it does not count.
    course->deployment.reset();
    course->lease_until = now;
    return transaction.courses().update(*course);
}

Result<int> release_own(Transaction& transaction, Time now, TransitionOptions const& options) {
    int released = 0;
    if (options.instance.empty()) return released;
    TRY_VOID(look_at_working(transaction, [&](Course const& course) -> Result<bool> {
        if (!course.deployment) return true;
        TRY(auto const deployment, transaction.deployments().find(*course.deployment));
        if (deployment.instance != options.instance) return true;
        TRY_VOID(release(transaction, deployment, now));
        ++released;
        return true;
    }));
    return released;
}

Result<bool> finish(Transaction& transaction, Deployment const& deployment, Result<> const& outcome,
                    Time now) {
    TRY(auto course, find_if_current(transaction, deployment));
    if (!course) return false;
    bool const deploys = deployment.kind == DeploymentKind::Deploy;
    if (outcome) {
        TRY_VOID(close(transaction, deployment.id, DeploymentState::Succeeded, "", now));
        TRY_VOID(tell(transaction, *course, now, deploys ? "deployed" : "degraded",
                      deploys ? "the hub is there" : "the hub is gone; exports remain"));
        TRY_VOID(come_to_rest(transaction, *course,
                              deploys ? CourseState::Deployed : CourseState::Degraded, "", now));
        return true;
    }
    auto const& reason = outcome.error().message;
    TRY_VOID(close(transaction, deployment.id, DeploymentState::Failed, reason, now));
    TRY_VOID(tell(transaction, *course, now, "failed", reason));
    TRY_VOID(come_to_rest(transaction, *course, CourseState::Failed, reason, now));
    return true;
}

Result<> add_progress(Transaction& transaction, Deployment const& deployment,
                      std::span<ProgressNote const> notes) {
    TRY(auto const course, find_if_current(transaction, deployment));
    if (!course) return {};
    auto const* const kind =
        deployment.kind == DeploymentKind::Deploy ? "deploy_progress" : "degrade_progress";
    for (auto const& note : notes)
        TRY_VOID(tell(transaction, *course, note.at, kind, note.message, note.detail));
    return {};
}

Result<bool> needs_mending(Transaction& transaction, Time now, TransitionOptions const& options) {
    bool found = false;
    TRY_VOID(look_at_working(transaction, [&](Course& course) -> Result<bool> {
        found = mend(course, now, options);
        return !found;
    }));
    return found;
}

Result<> mend_leases(Transaction& transaction, Time now, TransitionOptions const& options) {
    return look_at_working(transaction, [&](Course& course) -> Result<bool> {
        if (mend(course, now, options)) TRY_VOID(transaction.courses().update(course));
        return true;
    });
}

std::string in_words(Seconds duration) {
    auto const count = [](long long number, std::string_view unit) {
        return fmt::format("{} {}{}", number, unit, number == 1 ? "" : "s");
    };
    auto const seconds = duration.count();
    if (seconds >= 3600 && seconds % 3600 == 0) return count(seconds / 3600, "hour");
    if (seconds >= 60) return count(seconds / 60, "minute");
    return count(seconds, "second");
}

}  // namespace carrel
