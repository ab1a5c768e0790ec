#pragma once

/// What every Provisioner keeps to. A kind's test instantiates it.

#include "deploy/provisioner.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

namespace carrel {

struct ReadyProvisioner {
    std::shared_ptr<void> surroundings;
    Provisioner* provisioner;
    Course course;
    /// Makes the course wait for this deployment, as the dispatcher does.
    std::function<void(Deployment const&)> expect;
};
using MakeProvisioner = std::function<ReadyProvisioner()>;

class ProvisionerContract : public testing::TestWithParam<MakeProvisioner> {
protected:
    Result<> perform(DeploymentKind kind) {
        Deployment deployment;
        deployment.id = DeploymentId("deployment-" + std::to_string(++count_));
        deployment.course = ready_.course.id;
        deployment.kind = kind;
        deployment.started_at = SystemClock().now();
        deployment.deadline = deployment.started_at + Seconds(900);
        ready_.expect(deployment);
        auto const report = [this](Provisioner::Progress progress) {
            reports_.push_back(std::move(progress));
        };
        auto task = kind == DeploymentKind::Deploy
                        ? ready_.provisioner->deploy(ready_.course, deployment, report)
                        : ready_.provisioner->degrade(ready_.course, deployment, report);
        asio::io_context context;
        std::optional<Result<>> outcome;
        asio::co_spawn(context, std::move(task),
                       [&](std::exception_ptr, Result<> result) { outcome = std::move(result); });
        context.run();
        return outcome.value_or(fail(Code::Internal, "it did not end"));
    }

    std::vector<Provisioner::Progress> reports_;

private:
    ReadyProvisioner ready_ = GetParam()();
    int count_ = 0;
};

TEST_P(ProvisionerContract, DeploysAndDegrades) {
    EXPECT_TRUE(perform(DeploymentKind::Deploy));
    EXPECT_TRUE(perform(DeploymentKind::Degrade));
}

TEST_P(ProvisionerContract, DoesEachAgainWithoutHarm) {
    for (auto const kind : {DeploymentKind::Deploy, DeploymentKind::Degrade})
        for (int i = 0; i < 3; ++i) EXPECT_TRUE(perform(kind));
}

TEST_P(ProvisionerContract, DegradesWhatWasNeverDeployed) {
    EXPECT_TRUE(perform(DeploymentKind::Degrade));
}

TEST_P(ProvisionerContract, ReportsSentencesForPeopleAndObjectsForPrograms) {
    EXPECT_TRUE(perform(DeploymentKind::Deploy));
    EXPECT_TRUE(perform(DeploymentKind::Degrade));
    EXPECT_FALSE(reports_.empty());
    for (auto const& report : reports_) {
        EXPECT_FALSE(report.message.empty());
        EXPECT_TRUE(nlohmann::json::parse(report.detail, nullptr, false).is_object())
            << report.detail;
    }
}

}  // namespace carrel
