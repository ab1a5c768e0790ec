#pragma once

/// Runs the programs of managed services. One kind runs them as processes of this machine
/// (`ProcessServiceHost`), one remembers (`FakeServiceHost`). Confined to the control thread.

#include "hub/services/service_book.hpp"

#include <optional>

namespace carrel {

/// One service of one course's hub, as it is started.
struct ServiceProgram {
    std::string course;  ///< its slug
    Service const* service = nullptr;
    /// JupyterHub's, with `{hub_port}` and `{port}` where a bridge puts numbers.
    std::map<std::string, std::string> variables = {};
};

struct RunningProgram {
    long long process = 0;
    std::string target;  ///< where its pages are; empty: it has none
};

class ServiceHost {
public:
    virtual ~ServiceHost() = default;
    [[nodiscard]] virtual Result<RunningProgram> start(ServiceProgram const& program) = 0;
    /// Its exit code, once, when it has ended.
    [[nodiscard]] virtual std::optional<int> ending(long long process) = 0;
    /// Asks it and all that it has started to end, or ends them.
    virtual void ask_to_end(long long process) = 0;
    virtual void kill(long long process) = 0;
};

}  // namespace carrel
