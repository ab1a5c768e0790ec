#pragma once

/// The program `carrel`: its command line, and which command does what.

namespace carrel {

/// Runs the command that the arguments name and returns the exit status: 0 done, 1 failed (with one
/// sentence on standard error), 2 a wrong command line.
/// Called as "configurable-http-proxy" it is `carrel proxy`.
int run_program(int count, char** arguments);

}  // namespace carrel
