#pragma once

/// A service host for tests: it remembers what it was told to start, and ends what a test wants.

#include "hub/services/service_host.hpp"

namespace carrel {

class FakeServiceHost final : public ServiceHost {
public:
    std::vector<ServiceProgram> started;
    std::map<long long, int> ended;  ///< exit codes that have not been asked for
    std::vector<long long> asked;    ///< to end
    std::vector<long long> killed;
    bool refuses = false;
    bool obeys = true;  ///< ends when asked to

    Result<RunningProgram> start(ServiceProgram const& program) override {
        if (refuses) return fail(Code::NotFound, "there is no such program");
        started.push_back(program);
        auto const process = static_cast<long long>(started.size());
        return RunningProgram{process, program.service->url.empty() ? "" : "http+unix://pages"};
    }
    std::optional<int> ending(long long process) override {
        auto const found = ended.find(process);
        if (found == ended.end()) return {};
        auto const code = found->second;
        ended.erase(found);
        return code;
    }
    void ask_to_end(long long process) override {
        asked.push_back(process);
        if (obeys) ended[process] = 143;
    }
    void kill(long long process) override {
        killed.push_back(process);
        ended[process] = 137;
    }
};

}  // namespace carrel
