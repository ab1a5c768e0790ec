#pragma once

/// What an import says to the person at the terminal, before or after it.

#include "app/import/import_plan.hpp"

#include <string>

namespace carrel {

/// A line for each person, what becomes of groups and roles, and what stays behind.
[[nodiscard]] std::string report_of(JupyterHubContents const& contents, ImportPlan const& plan,
                                    ImportOutcome const& outcome);

}  // namespace carrel
