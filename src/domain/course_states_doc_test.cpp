#include "domain/lifecycle.hpp"

#include "base/project_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace carrel {

namespace {

std::string_view meaning_of(CourseState state) {
    switch (state) {
        case CourseState::Pending:
            return "asked for; an administrator has not decided";
        case CourseState::Accepted:
            return "will be deployed when its time comes";
        case CourseState::Rejected:
            return "turned down by an administrator, with a reason";
        case CourseState::Canceled:
            return "withdrawn, or its end passed before it could start";
        case CourseState::Deploying:
            return "the hub is being made";
        case CourseState::Deployed:
            return "the hub is there; participants start servers";
        case CourseState::Degrading:
            return "no servers run; homes are exported, then the hub is taken down";
        case CourseState::Degraded:
            return "gone; the exports remain";
        case CourseState::Failed:
            return "a deployment failed; an administrator redeploys or degrades it";
    }
    std::unreachable();
}

std::string outcome_of(Rule const& rule) {
    if (rule.to != rule.from) return fmt::format("`{}`", name_of(rule.to));
    switch (rule.action) {
        case Action::Deploy:
        case Action::Redeploy:
            return "`deploying`, at the dispatcher's next tick";
        case Action::Degrade:
            return "`degrading`, at the dispatcher's next tick";
        default:
            return "the same";
    }
}

std::string document() {
    std::string text = R"(# The states of a course

This page is written by a test from the one table in `src/domain/lifecycle.cpp`; after a change there,
`UPDATE_DOCS=1 build/release/src/domain_test --gtest_filter='CourseStatesDocument.*'` writes it anew.

## What the states mean

| state | meaning |
|---|---|
)";
    for (auto const state : all_course_states)
        text += fmt::format("| `{}` | {} |\n", name_of(state), meaning_of(state));
    text += R"(
## Who may do what

What is not in this table nobody can do: the answer is 409. What is open to others only is answered with 403.
Nobody accepts a course that they lead or asked for, unless `[governance] accept_own_courses` is set.

| state | action | open to | state afterwards |
|---|---|---|---|
)";
    for (auto const& rule : rules())
        text += fmt::format("| `{}` | `{}` | {} | {} |\n", name_of(rule.from), name_of(rule.action),
                            name_of(rule.people), outcome_of(rule));
    text += R"(
## What time does

The dispatcher looks at every course that is due, at each tick:

| state | when | what happens |
|---|---|---|
| `accepted` | from `[dispatcher] lead_seconds` before the start until the end, or when somebody asked for it | `deploying` |
| `accepted` | the end has come | `canceled` |
| `deploying` | the hub is there | `deployed` |
| `deploying`, `degrading` | it went wrong, or `[dispatcher] …_deadline_seconds` are over | `failed`, with the reason |
| `deploying`, `degrading` | whoever worked on it is gone | somebody else starts the same work anew |
| `deployed` | the end has come, or somebody asked for it | `degrading` |
| `degrading` | every home is exported and verified, and the hub is gone | `degraded` |
| `failed` | an administrator asked for it; never by time alone | `deploying` or `degrading` |
)";
    return text;
}

std::filesystem::path page() { return project_folder() / "docs/reference/course-states.md"; }

}  // namespace

TEST(CourseStatesDocument, ShowsTheTableOfTheCode) {
    if (std::getenv("UPDATE_DOCS") != nullptr) std::ofstream(page()) << document();
    std::ifstream stream(page());
    std::string const written(std::istreambuf_iterator<char>(stream), {});
    EXPECT_EQ(written, document()) << "write it anew with UPDATE_DOCS=1";
}

}  // namespace carrel
