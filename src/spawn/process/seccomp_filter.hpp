#pragma once

/// System calls that no notebook needs and that have opened kernels before: closed for servers.
///
/// A deny list, so that programs we do not know keep working. What the lack of capabilities closes
/// already is not repeated, except where a user namespace of one's own would give it back.

#include <string>

namespace carrel {

/// The filter as classic BPF instructions, as `bwrap --seccomp` reads it. Empty on a processor
/// architecture we have no table for.
[[nodiscard]] std::string seccomp_filter();

}  // namespace carrel
