#include "app/supervisor.hpp"

#include "app/child_process.hpp"
#include "app/supervised_control.hpp"
#include "app/supervised_proxy.hpp"
#include "app/upgrade.hpp"
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
    explicit Supervisor(Supervised const& what) : what_(what) {}

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
        TRY(control_, SupervisedControl::create(what_));
        TRY_VOID(proxy_->start());
        TRY_VOID(control_->start());
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
            if (number == SIGUSR2) begin_upgrade();
            attend_upgrade();
            TRY_VOID(keep_alive(proxy_->current(), [this] { return proxy_->start(); }));
            TRY_VOID(keep_alive(control_->child(), [this] { return control_->start(); }));
            control_->turn_away();
            if (!announced_) announce();
        }
    }

    /// The proxy goes first: it hands everything over, or nothing has happened. Then control is
    /// replaced, whose requests wait meanwhile; it finds everything again.
    void begin_upgrade() {
        if (upgrading()) return;  // Who asked hears of the one that is under way.
        if (auto const begun = proxy_->begin_upgrade(what_.program); !begun)
            note_failed_upgrade("proxy", begun.error().message);
    }

    void attend_upgrade() {
        auto const proxy = proxy_->attend();
        if (proxy == SupervisedProxy::Upgrade::Done) control_->begin_upgrade(what_.program);
        if (proxy == SupervisedProxy::Upgrade::Failed)
            note_failed_upgrade("proxy", "it ended before it was at work");
        auto const control = control_->attend();
        if (control == SupervisedControl::Upgrade::Done)
            note_upgrade(what_.folders,
                         {.done = true,
                          .sentence = fmt::format("proxy and control run {} now; nobody's "
                                                  "connection or server was touched",
                                                  what_.program)});
        if (control == SupervisedControl::Upgrade::Failed)
            note_failed_upgrade("control", "it ended again and again before it was at work");
    }

    void note_failed_upgrade(char const* process, std::string const& cause) {
        log::error("upgrade_failed",
                   {{"process", process}, {"program", what_.program}, {"cause", cause}});
        note_upgrade(what_.folders,
                     {.done = false,
                      .sentence = fmt::format(
                          "the {} of {} did not come up ({}), so the former one goes on; the log "
                          "of `carrel serve` says why",
                          process, what_.program, cause)});
    }

    [[nodiscard]] bool upgrading() const { return proxy_->upgrading() || control_->upgrading(); }

    /// How long nothing can happen but what a signal tells of.
    [[nodiscard]] Milliseconds patience() {
        if (!announced_ || upgrading()) return short_wait;
        auto wait = longest_wait;
        for (ChildProcess const* child : {&proxy_->current(), &control_->child()})
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
            if (!proxy_->note_end(process, status)) control_->note_end(process, status);
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
        auto const host = what_.certificate && !domain.empty() ? domain
                          : everywhere                         ? "127.0.0.1"
                                                               : ip;
        auto const& given = what_.settings.server.public_url;
        fmt::print("\n  Carrel is ready:  {}\n",
                   given.empty()
                       ? fmt::format("{}://{}:{}", what_.certificate ? "https" : "http", host, port)
                       : given);
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

    /// Only a control process that is at work can stop servers.
    void wait_for_control() {
        auto const deadline = Deadline::after(control_grace);
        while (control_->child().running() && !control_->is_ready() && !deadline.passed()) {
            int const again = wait_for_signal(signals_, short_wait);
            if (again == SIGINT || again == SIGTERM) return;  // somebody does not want to wait
            reap();
        }
    }

    void stop() {
        wait_for_control();
        // The proxy goes last: it tells people what is going on until the end.
        auto const& control = control_->child();
        end(
            control.name(), control_grace, [&] { return !control.running(); },
            [&](int number) { control.signal(number == SIGKILL ? SIGKILL : SIGINT); });
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
    std::unique_ptr<SupervisedProxy> proxy_;
    std::unique_ptr<SupervisedControl> control_;
    http::Client client_;
    sigset_t signals_{};
    bool announced_ = false;
};

}  // namespace

Result<> supervise(Supervised const& what) { return Supervisor(what).run(); }

}  // namespace carrel
