#pragma once

/// A platform of the demo's own: `carrel serve` as a child, on a free port, with a data folder of
/// its own.

#include "app/commands.hpp"
#include "base/result.hpp"

#include <sys/types.h>

#include <filesystem>
#include <memory>

namespace carrel {

class DemoPlatform {
public:
    /// Adds an administrator and a leader with this password, starts, and returns once it is ready.
    static Result<std::unique_ptr<DemoPlatform>> start(SettingsFlags flags,
                                                       std::string const& password);
    ~DemoPlatform();

    /// Ends it as Ctrl-C would. The status must be 0.
    Result<> stop();

    /// Kills the control process as a power cut would, and returns its process id.
    Result<pid_t> kill_control();
    /// Returns once a control process other than `former` answers.
    Result<> wait_for_control(pid_t former);

    /// Deletes the data folder; without this it is kept.
    void discard();

    [[nodiscard]] unsigned short port() const { return port_; }
    [[nodiscard]] std::filesystem::path const& data() const { return data_; }

private:
    explicit DemoPlatform(std::filesystem::path data) : data_(std::move(data)) {}
    Result<> launch(SettingsFlags const& flags);
    Result<> wait_until_ready();
    /// The child of `carrel serve` that runs this command; 0 when there is none.
    [[nodiscard]] pid_t find_child(std::string_view command) const;

    std::filesystem::path data_;
    std::filesystem::path runtime_;
    pid_t serve_ = 0;
    unsigned short port_ = 0;
};

}  // namespace carrel
