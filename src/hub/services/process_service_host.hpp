#pragma once

/// Managed services as processes of this machine: each in a session of its own, as an account of
/// its own when Carrel is root, with its log in a file, ended with the hub.

#include "hub/services/service_host.hpp"

namespace carrel {

class ProcessServiceHost final : public ServiceHost {
public:
    struct Options {
        std::filesystem::path folders;     ///< where each gets a folder of its own; a short path
        std::filesystem::path logs;        ///< <course>.<service>.log
        std::filesystem::path hub_socket;  ///< which the bridge leads to
        bool own_accounts = false;         ///< we are root
    };
    explicit ProcessServiceHost(Options options) : options_(std::move(options)) {}

    [[nodiscard]] Result<RunningProgram> start(ServiceProgram const& program) override;
    [[nodiscard]] std::optional<int> ending(long long process) override;
    void ask_to_end(long long process) override;
    void kill(long long process) override;

private:
    Result<std::filesystem::path> make_folder(ServiceProgram const& program) const;
    Result<std::filesystem::path> make_log(ServiceProgram const& program) const;

    Options options_;
};

}  // namespace carrel
