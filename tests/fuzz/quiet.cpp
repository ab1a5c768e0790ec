// What keeps a fuzzer to itself: names are resolved here, so that it asks no name server (every
// host is 127.0.0.1), and log lines are dropped.

#include "runtime/log.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <cstdlib>

extern "C" {

int getaddrinfo(char const* host, char const* service, addrinfo const*, addrinfo** result) {
    if (host == nullptr || *host == '\0' || *host == '-') return EAI_NONAME;
    auto* const info = static_cast<addrinfo*>(std::calloc(1, sizeof(addrinfo)));
    auto* const address = static_cast<sockaddr_in*>(std::calloc(1, sizeof(sockaddr_in)));
    address->sin_family = AF_INET;
    address->sin_port = htons(static_cast<unsigned short>(service ? std::atoi(service) : 0));
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    info->ai_family = AF_INET;
    info->ai_addr = reinterpret_cast<sockaddr*>(address);
    info->ai_addrlen = sizeof(sockaddr_in);
    *result = info;
    return 0;
}

void freeaddrinfo(addrinfo* info) {
    if (info != nullptr) std::free(info->ai_addr);
    std::free(info);
}
}

namespace carrel::log {

bool enabled(Level) { return false; }
void write(Level, std::string_view, Fields) {}
void start(std::string_view, Level) {}
void start_plainly(std::string_view, Level) {}

}  // namespace carrel::log
