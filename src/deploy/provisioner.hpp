#pragma once

/// Makes a course's hub and takes it down: on this machine, or by OpenTofu elsewhere.
///
/// Called by the dispatcher's workers. Idempotent: a deployment that was interrupted is started
/// again with a fresh id, and finds what the first one left.

#include "domain/course.hpp"
#include "runtime/deadline.hpp"
#include "runtime/task.hpp"

#include <functional>
#include <string>

namespace carrel {

class Provisioner {
public:
    virtual ~Provisioner() = default;

    /// One sentence for the timeline, as work goes on, and the same for programs: a JSON object.
    struct Progress {
        std::string message;
        std::string detail = "{}";
    };
    using Report = std::function<void(Progress progress)>;

    /// Makes the hub. When it returns success, participants can start servers.
    /// The error's message is the reason that a human reads.
    virtual Task<> deploy(Course course, Deployment deployment, Report report) = 0;

    /// Exports every home, verifies the exports, and takes the hub down. A failed export stops it,
    /// and nothing is deleted before everything is exported.
    virtual Task<> degrade(Course course, Deployment deployment, Report report) = 0;
};

}  // namespace carrel
