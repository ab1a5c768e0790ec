/// `carrel bridge` alone, without any library: what is put before the command of a server in a
/// container, whose image need not have what Carrel is linked with. It is part of Carrel's own
/// program (container_bridge.hpp) and mounted into containers.

#include "spawn/process/bridge.hpp"

int main(int count, char** arguments) { return carrel::bridge_main(count, arguments); }
