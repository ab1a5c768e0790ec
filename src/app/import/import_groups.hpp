#pragma once

/// The groups of a JupyterHub, as groups of a course's hub. Like import_plan.hpp: first what would
/// be, then exactly that.

#include "app/import/import_plan.hpp"

namespace carrel {

/// The groups of those who come, under their names here.
[[nodiscard]] std::vector<ImportedGroup> plan_groups(std::vector<JupyterHubGroup> const& groups,
                                                     std::vector<ImportedPerson> const& people);

/// What is new of them; whoever stays out of the course stays out of its groups. Nobody is taken
/// out of a group, and properties of one that is there are left alone.
[[nodiscard]] Result<std::vector<GroupChange>> look_at_groups(
    Transaction& transaction, Course const& course, std::vector<ImportedGroup> const& groups,
    std::vector<Decision> const& decisions);

[[nodiscard]] Result<> apply_groups(Transaction& transaction, Course const& course,
                                    std::vector<GroupChange> const& changes, Time now);

}  // namespace carrel
