#pragma once

/// The program `carrel`: its command line, and which command does what.

#include "app/commands.hpp"

namespace carrel {

/// Runs the command that the arguments name and returns the exit status: 0 done, 1 failed (with one
/// sentence on standard error), 2 a wrong command line.
/// Called as "configurable-http-proxy" it is `carrel proxy`.
/// `make_spawner` is for measurements alone.
int run_program(int count, char** arguments, MakeSpawner make_spawner = {});

}  // namespace carrel
