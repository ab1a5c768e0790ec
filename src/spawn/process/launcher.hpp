#pragma once

/// The small program between control and a server: `carrel launch`.
///
/// It puts itself under the server's limits before anything of the user runs, and then becomes the
/// sandbox. Single-threaded.

namespace carrel {

/// Does what the LaunchPlan on standard input says. Returns an exit status only when that failed;
/// the reason is one line on standard error.
[[nodiscard]] int launch_main();

/// What each of its messages begins with, in the server's log.
inline constexpr auto launch_complaint = "carrel launch: ";

}  // namespace carrel
