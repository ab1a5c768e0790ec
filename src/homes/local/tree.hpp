#pragma once

/// Operations on everything in a folder, never outside of it: links are not followed, mounts not
/// entered.

#include "base/result.hpp"

#include <sys/stat.h>
#include <sys/types.h>

#include <functional>
#include <string>

namespace carrel {

/// Calls `visit(folder, name, status)` for everything in the folder `name` of the open folder
/// `parent` but the folder itself; what a folder contains before that folder.
using VisitEntry = std::function<Result<>(int, std::string const&, struct stat const&)>;
[[nodiscard]] Result<> visit_tree(int parent, std::string const& name, VisitEntry const& visit);

/// Deletes the folder `name` of the open folder `parent`, and all it contains. Deleting a missing
/// one succeeds. Interrupted, it may be called again.
[[nodiscard]] Result<> remove_tree(int parent, std::string const& name);

/// Gives the folder `name` of the open folder `parent`, and all it contains, to a user and group of
/// that number: the content first, the folder itself last.
[[nodiscard]] Result<> give_tree(int parent, std::string const& name, uid_t owner);

/// The bytes that the folder's files take on disk; 0 when there is no such folder.
[[nodiscard]] Result<long long> size_of_tree(int parent, std::string const& name);

}  // namespace carrel
