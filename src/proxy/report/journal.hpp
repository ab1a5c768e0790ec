#pragma once

/// What the proxy's log says where configurable-http-proxy's words are part of the contract: test
/// suites and operators wait for "Route added /". One event is one call here; which form it takes
/// was decided at start. Thread-safe.

#include "runtime/log.hpp"

#include <string>
#include <string_view>

namespace carrel::proxy::journal {

/// Once at start, before other threads exist. `legacy`: lines on standard output as
/// configurable-http-proxy writes them ("… [ConfigProxy] info: …"); else structured ones.
void start(log::Level level, bool legacy);

void proxying(std::string_view scheme, std::string_view where, std::string_view default_target);
void api_at(std::string_view scheme, std::string_view where, bool authenticated);
void metrics_at(std::string_view where);
void option_is_idle(std::string_view option);
void redirection_added(unsigned short from, unsigned short to);
void route_added(std::string_view path, std::string_view target);
void route_removed(std::string_view path);
void routes_changed(size_t put, size_t removed);
/// An answer of the REST API.
void api_answered(unsigned status, std::string_view method, std::string_view target,
                  std::string_view note);

/// Who is to blame for an error that a client gets.
struct Failure {
    unsigned status;
    std::string_view origin;  ///< "client", "proxy" or "target"
    std::string_view reason;
    std::string_view method;
    std::string_view path;
    std::string_view route;
    std::string_view target;
    std::string_view client;
    std::string_view request_id;
};
void request_failed(Failure const& failure);

}  // namespace carrel::proxy::journal
