#pragma once

/// Which courses somebody sees, and how they stand to them.
///
/// A course is visible to administrators, its leaders, who asked for it, and who applied to it. For
/// everybody else it does not exist: the answer is the same as for a slug that nobody took.

#include "domain/lifecycle.hpp"
#include "domain/user.hpp"
#include "store/transaction.hpp"

#include <optional>
#include <string_view>

namespace carrel {

struct SeenCourse {
    Course course;
    Standing standing;
    std::optional<Application> application;  ///< of who looks

    /// Leads it or governs all.
    [[nodiscard]] bool managed() const { return standing.leader || standing.administrator; }
    [[nodiscard]] bool attended() const {
        return application && application->state == ApplicationState::Accepted;
    }
    /// Is in it, or manages it.
    [[nodiscard]] bool belongs() const { return managed() || attended(); }
};

[[nodiscard]] Standing standing_of(User const& user, Course const& course);

/// NotFound unless `user` sees it.
[[nodiscard]] Result<SeenCourse> see_course(Transaction& transaction, User const& user,
                                            std::string_view slug);
/// The same for a course that is read already.
[[nodiscard]] Result<SeenCourse> look_at(Transaction& transaction, User const& user, Course course);

/// PermissionDenied for somebody who sees the course but neither leads it nor is an administrator.
[[nodiscard]] Result<SeenCourse> see_managed_course(Transaction& transaction, User const& user,
                                                    std::string_view slug);

}  // namespace carrel
