#include "hub/hub_access.hpp"

namespace carrel {

Result<bool> may_have_server(Transaction& transaction, Course const& course, UserId const& user) {
    if (course.led_by(user)) return true;
    auto const application = transaction.applications().find(course.id, user);
    if (application) return application->state == ApplicationState::Accepted;
    if (application.error().code == Code::NotFound) return false;
    return std::unexpected(application.error());
}

}  // namespace carrel
