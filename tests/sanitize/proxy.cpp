// The proxy alone, called as the whole program is: `carrel proxy …`, or by the name of
// configurable-http-proxy.

#include "proxy/proxy.hpp"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string_view>

int main(int count, char** arguments) {
    std::signal(SIGPIPE, SIG_IGN);
    if (std::filesystem::path(arguments[0]).filename() == "configurable-http-proxy")
        return carrel::proxy::run_proxy({arguments + 1, arguments + count}, true);
    if (count > 1 && std::string_view(arguments[1]) == "proxy")
        return carrel::proxy::run_proxy({arguments + 2, arguments + count});
    std::fputs("this is the proxy alone: carrel proxy …\n", stderr);
    return 2;
}
