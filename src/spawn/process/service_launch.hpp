#pragma once

/// Between the hub and a service that it runs: `carrel service`, which gives up the rights of
/// Carrel, sees to it that the service ends with the hub, and puts a bridge in front of it, since
/// services of JupyterHub's kind know only TCP.

namespace carrel {

/// `carrel service ACCOUNT|- HUB HUB_SOCKET PAGES_SOCKET|- COMMAND…`: the exit code, when it does
/// not become the command. ACCOUNT is the number of the user and group that it runs as; "-" leaves
/// that as it is. HUB is the process whose child it has to be.
int service_main(int count, char** arguments);

}  // namespace carrel
