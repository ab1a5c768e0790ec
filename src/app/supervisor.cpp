#include "app/supervisor.hpp"

#include "app/child_process.hpp"
#include "app/supervised_proxy.hpp"
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

constexpr int most_first_deaths = 5;  // before everything has worked once
constexpr Milliseconds longest_wait{2'000};
constexpr Milliseconds short_wait{50};
constexpr Milliseconds control_grace{90'000};
constexpr Milliseconds proxy_grace{15'000};

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
          control_({.name = "control",
                    .program = what.program,
                    .arguments = what.control_arguments,
                    .secrets = {},
                    .descriptors = {}}) {}

    Result<> run() {
        sigemptyset(&signals_);
        for (int const number : {SIGINT, SIGTERM, SIGHUP, SIGUSR2, SIGCHLD})
            sigaddset(&signals_, number);
        ::sigprocmask(SIG_BLOCK, &signals_, nullptr);
        // Notebook servers outlive the control process that started them: they become our children,
        // and we reap them.
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
        std::error_code ignored;
        std::filesystem::remove(what_.folders.port_file(), ignored);

        TRY(proxy_, SupervisedProxy::create(what_));
        TRY_VOID(proxy_->start());
        TRY_VOID(control_.start(program_));
        auto const ended = watch();
        stop();
        return ended;
    }

private:
    /// Until somebody wants us to stop, or nothing can be started at all.
    Result<> watch() {
        for (;;) {
            int const number = wait_for_signal(signals_, patience());
            if (number == SIGINT || number == SIGTERM) return {};
            if (number == SIGHUP && !hang_up()) return {};
            reap();
            if (number == SIGUSR2) proxy_->begin_upgrade(what_.program);
            // A new control process of the new program: it finds everything again.
            if (proxy_->attend() == SupervisedProxy::Upgrade::Done) {
                program_ = what_.program;
                control_.signal(SIGTERM);
            }
            TRY_VOID(keep_alive(proxy_->current(), [this] { return proxy_->start(); }));
            TRY_VOID(keep_alive(control_, [this] { return control_.start(program_); }));
            if (!announced_) announce();
        }
    }

    /// How long nothing can happen but what a signal tells of.
    [[nodiscard]] Milliseconds patience() {
        if (!announced_ || proxy_->upgrading()) return short_wait;
        auto wait = longest_wait;
        for (ChildProcess const* child :
             {&proxy_->current(), static_cast<ChildProcess const*>(&control_)})
            if (!child->running()) wait = std::min(wait, child->pause() + Milliseconds(1));
        return wait;
    }

    /// SIGHUP: the terminal has gone, and we with it; without a terminal, a wish to load
    /// certificates and the like again. False: we end.
    [[nodiscard]] bool hang_up() const {
        if (what_.on_terminal) return false;
        proxy_->reload();
        return true;
    }

    void reap() {
        int status = 0;
        for (pid_t process = 0; (process = ::waitpid(-1, &status, WNOHANG)) > 0;)
            if (!proxy_->note_end(process, status)) control_.note_end(process, status);
    }

    template <class Start>
    Result<> keep_alive(ChildProcess const& child, Start start) {
        if (child.running()) return {};
        if (!announced_ && (child.gave_up() || child.early_deaths() >= most_first_deaths))
            return fail(Code::Unavailable,
                        "the {} process does not stay up; its last lines above say why",
                        child.name());
        // Once it has worked, giving up would only take the other processes along.
        if (child.pause() > Milliseconds(0)) return {};
        log::warn("process_restarted", {{"name", child.name()}});
        if (auto const started = start(); !started)
            log::error("process_not_started",
                       {{"name", child.name()}, {"cause", started.error().message}});
        return {};
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
        auto const& domain = what_.settings.server.domain;
        fmt::print("\n  Carrel is ready:  {}://{}:{}\n", what_.certificate ? "https" : "http",
                   what_.certificate && !domain.empty() ? domain
                   : everywhere                         ? "127.0.0.1"
                                                        : ip,
                   port);
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
        end(
            control_.name(), control_grace, [this] { return !control_.running(); },
            [this](int number) { control_.signal(number == SIGKILL ? SIGKILL : SIGINT); });
        end(
            "proxy", proxy_grace, [this] { return proxy_->all_ended(); },
            [this](int number) { proxy_->signal(number); });
    }

    template <class Ended, class Signal>
    void end(std::string const& name, Milliseconds grace, Ended ended, Signal signal) {
        auto const deadline = Deadline::after(grace);
        signal(SIGTERM);
        while (!ended() && !deadline.passed()) {
            int const again = wait_for_signal(signals_, Milliseconds(200));
            if (again == SIGINT || again == SIGTERM) signal(again);
            reap();
        }
        if (ended()) return;
        log::error("process_killed", {{"name", name}, {"cause", "did not end in time"}});
        signal(SIGKILL);
        while (!ended()) {
            wait_for_signal(signals_, short_wait);
            reap();
        }
    }

    Supervised const& what_;
    std::string program_ = "/proc/self/exe";
    std::unique_ptr<SupervisedProxy> proxy_;
    ChildProcess control_;
    http::Client client_;
    sigset_t signals_{};
    bool announced_ = false;
};

}  // namespace

Result<> supervise(Supervised const& what) { return Supervisor(what).run(); }

}  // namespace carrel
