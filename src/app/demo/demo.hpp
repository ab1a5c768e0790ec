#pragma once

/// `carrel demo`: one course through its whole life, as three people would live it, over real HTTP
/// and WebSockets against a real platform. It prints a timeline and fails at the first step that is
/// not what it should be.

#include "app/commands.hpp"

namespace carrel {

/// Starts a platform of its own on a free port with a data folder of its own, and ends it. What
/// went wrong is the error; the data folder is then kept and named.
Result<> run_demo(SettingsFlags const& flags);

}  // namespace carrel
