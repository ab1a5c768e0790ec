#include "hub/hub_access.hpp"

#include <algorithm>

namespace carrel {

namespace {

std::unexpected<Error> denied() {
    return fail(Code::PermissionDenied, "you have no access to this server");
}

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

Result<HubAccess> find_hub_access(Transaction& transaction, Identity const& identity,
                                  std::string_view slug, std::string_view owner_name) {
    bool const administrator = identity.user.administrator;
    auto course = transaction.courses().find_by_slug(slug);
    if (!course) {
        if (course.error().code != Code::NotFound) return std::unexpected(course.error());
        if (!administrator) return denied();
        return fail(Code::NotFound, "there is no course '{}'", slug.substr(0, 63));
    }
    HubAccess access{.identity = identity, .course = *std::move(course)};
    access.manages = administrator || leads(access.course, identity.user.id);
    access.own = owner_name == identity.user.name;
    if (!access.own && !access.manages) return denied();

    auto owner = transaction.users().find_by_name(owner_name);
    if (!owner && owner.error().code != Code::NotFound) return std::unexpected(owner.error());
    if (owner) {
        TRY(bool const entitled, may_have_server(transaction, access.course, owner->id));
        if (entitled) {
            access.owner = *std::move(owner);
            return access;
        }
    }
    if (!access.manages || access.own) return denied();
    return fail(Code::NotFound, "'{}' has no server in this course", owner_name.substr(0, 63));
}

}  // namespace carrel
