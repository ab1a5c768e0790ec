#pragma once

/// The proxy as a whole: listeners, workers with a thread each, and the REST API on a thread of its
/// own. `carrel proxy` runs one; tests run many in one process.

#include "proxy/options.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace carrel::proxy {

class Proxy {
public:
    /// Listens on both sides at once. Conflict: a port or socket is in use.
    [[nodiscard]] static Result<std::unique_ptr<Proxy>> create(Options options);
    /// Stops without grace if `stop` was not called.
    ~Proxy();

    /// With the option to take over: takes the running proxy's connections, which are then ours to
    /// serve. After an error that proxy goes on, and this one must not start.
    [[nodiscard]] Result<> take_over();
    /// Starts the threads.
    void start();
    /// With a handover socket: lets a successor take over from now on.
    [[nodiscard]] Result<> await_successors();

    enum class Departure {
        None,
        HandedOver,  ///< a successor serves; what could not travel is still being finished
        Drained,     ///< nothing is left: `stop` returns at once
    };
    [[nodiscard]] Departure departure() const;
    /// Called, on any thread, when `departure` has changed. Set it before `start`.
    void on_departure(std::function<void()> call);
    /// Accepts nothing more, finishes the answers under way within the options' grace, closes the
    /// tunnels, and returns when all threads have ended.
    void stop();
    /// Reads the certificates again, though their files have not changed.
    void reload();

    /// The public port; 0 for a unix socket.
    [[nodiscard]] unsigned short port() const;
    [[nodiscard]] unsigned short api_port() const;
    /// 0 without metrics or on a unix socket.
    [[nodiscard]] unsigned short metrics_port() const;
    /// Goes on with the access log in a new file. Thread-safe.
    void reopen_logs();

private:
    struct State;
    explicit Proxy(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// The program `carrel proxy`: runs until SIGINT or SIGTERM. Returns the exit status, which after a
/// signal is 2 as configurable-http-proxy's is. `legacy`: started under that program's name. Call
/// it before other threads exist.
int run_proxy(std::vector<std::string> const& arguments, bool legacy = false);

}  // namespace carrel::proxy
