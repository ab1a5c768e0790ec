#pragma once

/// Provisioners for tests, named after how they behave.

#include "deploy/provisioner.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

namespace carrel {

/// Succeeds at once, and counts.
class FakeProvisioner : public Provisioner {
public:
    Task<> deploy(Course, Deployment, Report report) override {
        ++deploys;
        report({"deployed by a fake", R"({"step":"deploy"})"});
        co_return Result<>();
    }
    Task<> degrade(Course, Deployment, Report report) override {
        ++degrades;
        report({"degraded by a fake", R"({"step":"degrade"})"});
        co_return Result<>();
    }
    int deploys = 0;
    int degrades = 0;
};

/// Fails at once, with a reason.
class FailingProvisioner final : public Provisioner {
public:
    Task<> deploy(Course, Deployment, Report) override {
        co_return fail(Code::LimitReached, "the disk is full");
    }
    Task<> degrade(Course, Deployment, Report) override {
        co_return fail(Code::Internal, "export the home of ada: unreadable");
    }
};

class ThrowingProvisioner final : public Provisioner {
public:
    Task<> deploy(Course, Deployment, Report) override {
        throw std::runtime_error("a defect");
        co_return Result<>();
    }
    Task<> degrade(Course, Deployment, Report) override {
        throw std::runtime_error("a defect");
        co_return Result<>();
    }
};

/// Works until the test says how each run ends.
class SlowProvisioner : public Provisioner {
public:
    explicit SlowProvisioner(bool heeds_cancellation = true) : heeds_(heeds_cancellation) {}

    Task<> deploy(Course, Deployment deployment, Report) override { return wait(deployment); }
    Task<> degrade(Course, Deployment deployment, Report) override { return wait(deployment); }

    /// The runs that have not ended, oldest first.
    [[nodiscard]] std::vector<Deployment> running() const {
        std::vector<Deployment> all;
        for (auto const& [number, known] : runs_)
            if (auto const run = known.lock()) all.push_back(run->deployment);
        return all;
    }
    /// Ends the run of this deployment.
    void end(DeploymentId const& id, Result<> const& outcome) {
        for (auto const& [number, known] : runs_) {
            auto const run = known.lock();
            if (!run || run->deployment.id != id) continue;
            run->outcome = outcome;
            run->wait.cancel();
        }
    }

private:
    struct Waiting {
        Waiting(Deployment of, asio::any_io_executor const& executor)
            : deployment(std::move(of)), wait(executor, asio::steady_timer::time_point::max()) {}
        Deployment deployment;
        asio::steady_timer wait;
        std::optional<Result<>> outcome;
    };

    Task<> wait(Deployment deployment) {
        auto const run = std::make_shared<Waiting>(deployment, co_await asio::this_coro::executor);
        auto const number = ++count_;
        runs_.emplace(number, run);
        bool cancelled = false;
        while (!run->outcome && !cancelled) {
            co_await run->wait.async_wait(asio::as_tuple(asio::use_awaitable));
            cancelled = heeds_ && !run->outcome;
        }
        runs_.erase(number);
        if (cancelled) co_return fail(Code::Cancelled, "cancelled");
        co_return *run->outcome;
    }

    bool heeds_;
    int count_ = 0;
    std::map<int, std::weak_ptr<Waiting>> runs_;  // the coroutine owns it: both may be killed
};

/// Never ends by itself, and does not end when it is cancelled.
class NeverProvisioner final : public SlowProvisioner {
public:
    NeverProvisioner() : SlowProvisioner(false) {}
};

}  // namespace carrel
