#pragma once

/// Says in one sentence for its user why a server ended.

#include <optional>
#include <string>

namespace carrel {

struct Circumstances {
    std::optional<int> exit_code;
    long long out_of_memory_kills = 0;
    double memory_gib = 0;
    std::string log_tail;
};

/// True when running out of memory is what ended it, not merely one of its programs earlier.
[[nodiscard]] bool ended_by_memory(Circumstances const& circumstances);

/// Lower case, no full stop: "the server used more than its 1 GiB of memory and was stopped".
[[nodiscard]] std::string explain(Circumstances const& circumstances);

}  // namespace carrel
