#pragma once

/// `carrel check-password`: the child process in which a directory is asked, see `ChildDirectory`.
/// Reads one question as JSON from standard input, and writes the answer to standard output.

namespace carrel {

/// The exit code: 0 whenever there is an answer.
int check_password_main();

}  // namespace carrel
