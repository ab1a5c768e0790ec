#include "app/supervisor.hpp"

#include "app/child_process.hpp"
#include "base/encoding.hpp"
#include "http/client.hpp"
#include "runtime/log.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>

namespace carrel {

namespace {

constexpr int most_early_deaths = 5;
constexpr Milliseconds restart_pause{300};
constexpr Milliseconds control_grace{90'000};
constexpr Milliseconds proxy_grace{15'000};

std::vector<std::string> proxy_arguments(Supervised const& what) {
    return {"--ip",
            what.settings.server.ip,
            "--port",
            std::to_string(what.settings.server.port),
            "--api-socket",
            what.folders.proxy_socket().string(),
            "--default-target",
            socket_url(what.folders.control_socket()),
            "--port-file",
            what.folders.port_file().string(),
            "--log-level",
            "warn"};
}

/// Waits for a signal for at most `patience`; 0 when none came.
int wait_for_signal(sigset_t const& signals, Milliseconds patience) {
    timespec const time{.tv_sec = patience.count() / 1000,
                        .tv_nsec = (patience.count() % 1000) * 1'000'000};
    int const number = ::sigtimedwait(&signals, nullptr, &time);
    return number > 0 ? number : 0;
}

class Supervisor {
public:
    explicit Supervisor(Supervised const& what)
        : what_(what),
          proxy_("proxy", proxy_arguments(what),
                 {{"CONFIGPROXY_AUTH_TOKEN", what.secrets.proxy_token},
                  {"CARREL_EDGE_KEY", to_base64url(what.secrets.edge_key)}}),
          control_("control", what.control_arguments, {}) {}

    Result<> run() {
        sigemptyset(&signals_);
        for (int const number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&signals_, number);
        ::sigprocmask(SIG_BLOCK, &signals_, nullptr);
        // Notebook servers outlive the control process that started them: they become our children,
        // and we reap them.
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
        std::error_code ignored;
        std::filesystem::remove(what_.folders.port_file(), ignored);

        for (auto* const child : {&proxy_, &control_}) TRY_VOID(child->start());
        auto const ended = watch();
        stop();
        return ended;
    }

private:
    /// Until somebody wants us to stop, or a child cannot be kept alive.
    Result<> watch() {
        for (;;) {
            int const number =
                wait_for_signal(signals_, announced_ ? Milliseconds(2'000) : Milliseconds(50));
            if (number == SIGINT || number == SIGTERM || number == SIGHUP) return {};
            reap();
            for (auto* const child : {&proxy_, &control_}) TRY_VOID(keep_alive(*child));
            if (!announced_) announce();
        }
    }

    void reap() {
        int status = 0;
        for (pid_t process = 0; (process = ::waitpid(-1, &status, WNOHANG)) > 0;)
            for (auto* const child : {&proxy_, &control_}) child->note_end(process, status);
    }

    Result<> keep_alive(ChildProcess& child) {
        if (child.running()) return {};
        if (child.early_deaths() >= most_early_deaths || !announced_)
            return fail(Code::Unavailable,
                        "the {} process does not stay up; its last lines above say why",
                        child.name());
        if (child.early_deaths() > 0) wait_for_signal({}, restart_pause);
        log::warn("process_restarted", {{"name", child.name()}});
        return child.start();
    }

    /// Says that everything is up, once it is.
    void announce() {
        std::ifstream port_file(what_.folders.port_file());
        int port = 0;
        if (!(port_file >> port)) return;
        auto const ready =
            client_.fetch({.url = socket_url(what_.folders.control_socket()) + "/readyz"},
                          Deadline::after(Milliseconds(500)));
        if (!ready || ready->status != 200) return;
        announced_ = true;
        auto const& ip = what_.settings.server.ip;
        bool const everywhere = ip.empty() || ip == "*" || ip == "0.0.0.0";
        fmt::print("\n  Carrel is ready:  http://{}:{}\n", everywhere ? "127.0.0.1" : ip, port);
        std::ifstream logins(what_.logins);
        for (std::string line; !what_.logins.empty() && std::getline(logins, line);)
            fmt::print("  {}\n", line);
        if (what_.logins.empty())
            fmt::print(
                "  A first administrator:  carrel user add NAME --role administrator --data {}\n",
                what_.folders.data.string());
        fmt::print("  Data: {}    Ctrl-C stops everything.\n\n", what_.folders.data.string());
        std::fflush(stdout);
    }

    void stop() {
        // The proxy goes last: it tells people what is going on until the end.
        end(control_, SIGINT, control_grace);
        end(proxy_, SIGTERM, proxy_grace);
    }

    void end(ChildProcess& child, int number, Milliseconds grace) {
        auto const deadline = Deadline::after(grace);
        child.signal(number);
        while (child.running() && !deadline.passed()) {
            int const again = wait_for_signal(signals_, Milliseconds(200));
            if (again == SIGINT || again == SIGTERM) child.signal(number);
            reap();
        }
        if (!child.running()) return;
        log::error("process_killed", {{"name", child.name()}, {"cause", "did not end in time"}});
        child.signal(SIGKILL);
        while (child.running()) {
            wait_for_signal(signals_, Milliseconds(50));
            reap();
        }
    }

    Supervised const& what_;
    ChildProcess proxy_;
    ChildProcess control_;
    http::Client client_;
    sigset_t signals_{};
    bool announced_ = false;
};

}  // namespace

Result<> supervise(Supervised const& what) { return Supervisor(what).run(); }

}  // namespace carrel
