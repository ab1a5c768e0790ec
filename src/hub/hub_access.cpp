#include "hub/hub_access.hpp"

#include <algorithm>

namespace carrel {

namespace {

bool leads(Course const& course, UserId const& user) {
    return std::ranges::find(course.leaders, user) != course.leaders.end();
}

}  // namespace

Result<bool> may_have_server(Transaction& transaction, Course const& course, UserId const& user) {
    if (leads(course, user)) return true;
    auto const application = transaction.applications().find(course.id, user);
    if (application) return application->state == ApplicationState::Accepted;
    if (application.error().code == Code::NotFound) return false;
    return std::unexpected(application.error());
}

}  // namespace carrel
