#pragma once

/// What sets the folder of a course apart from a home: everybody whose server has one of its parts
/// mounted may change all that is in it, whoever made it. Servers run under different uids, so
/// each folder in it has a default access list; who gets which part, and whether to write, is said
/// by mounting it. The folder itself is closed: nobody comes to its parts but through a mount.

#include "base/result.hpp"

#include <string>

namespace carrel {

/// Makes the parts that are not there in the open folder, and opens them to all.
[[nodiscard]] Result<> make_course_parts(int folder);

/// Opens everything in the parts of the open folder to all: what came back from an archive is ours.
[[nodiscard]] Result<> open_course_parts(int folder);

}  // namespace carrel
