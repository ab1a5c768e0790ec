#pragma once

/// A server is told its address when it starts, and has it until it ends. When the configuration
/// puts another hub at "/", those that run at an address which their hub has no more are stopped.
/// Confined to the control thread.

#include "hub/server_lifecycle.hpp"

namespace carrel {

/// Stops them all at the same time, once they are known again, and remembers which hub is at "/"
/// now when the last has ended: whatever happens before that, the next process begins anew. Those
/// that were half started are started at the new address anyhow.
Task<> stop_moved_servers(HubDependencies use, ServerLifecycle& servers);

}  // namespace carrel
