#pragma once

/// The story that the demo tells, in chapters. Each returns at the first step that is not as it
/// should be.

#include "app/demo/browser.hpp"
#include "app/demo/demo_platform.hpp"
#include "app/demo/notebook.hpp"
#include "app/demo/timeline.hpp"

#include <optional>

namespace carrel {

class Scenario {
public:
    Scenario(DemoPlatform& platform, Timeline& timeline, std::string password);

    Result<> play();

    /// From the click on "Start" until JupyterLab's page and its programs have come.
    [[nodiscard]] double click_to_lab_seconds() const { return click_to_lab_seconds_; }

private:
    Result<> request_and_accept();
    Result<> join();
    Result<> deploy();
    Result<> start_server();
    Result<> work();
    Result<> refuse_the_rejected();
    Result<> survive_a_kill();
    Result<> end_course();
    Result<> take_out();

    Result<> open_lab();
    Result<> expect_refused(std::string const& method, std::string const& path);
    /// Asks until the course is in this state; fails when it is `failed`, or after `patience`.
    Result<> wait_for_state(std::string const& state, Seconds patience);

    DemoPlatform& platform_;
    Timeline& timeline_;
    std::string password_;
    Browser greta_;  ///< administrator
    Browser lea_;    ///< leader
    Browser ada_;    ///< accepted
    Browser bob_;    ///< rejected
    std::string invitation_;
    std::optional<Notebook> notebook_;
    double click_to_lab_seconds_ = 0;
};

}  // namespace carrel
