#pragma once

/// What the REST API has done. Written and read by the side thread alone.

#include <cstdint>
#include <map>

namespace carrel::proxy {

struct ApiMetrics {
    uint64_t route_get = 0;
    uint64_t route_add = 0;
    uint64_t route_delete = 0;
    std::map<unsigned, uint64_t> requests;  ///< by status
};

}  // namespace carrel::proxy
