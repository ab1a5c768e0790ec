#include "portal/portal.hpp"

#include "portal/calls.hpp"
#include "portal/openapi/openapi.hpp"

namespace carrel {

Portal::Portal(PortalDependencies dependencies) : dependencies_(std::move(dependencies)) {}

void Portal::add_routes(http::Router& router) {
    Calls calls(dependencies_, router);
    add_session_calls(calls);
    add_own_session_calls(calls);
    add_factor_calls(calls);
    add_profile_calls(calls);
    add_login_calls(calls);
    add_mail_calls(calls);
    add_token_calls(calls);
    add_option_calls(calls);
    add_plan_calls(calls);
    add_course_calls(calls);
    add_course_action_calls(calls);
    add_invitation_calls(calls);
    add_application_calls(calls);
    add_participant_calls(calls);
    add_server_calls(calls);
    add_event_calls(calls);
    add_export_calls(calls);
    add_user_calls(calls);
    add_removal_calls(calls);
    add_access_calls(calls);
    add_overview_calls(calls);
    calls.topic("Platform");
    calls.add_description(description_);
    description_ = describe_api(calls.all(), dependencies_.platform.version).dump();
    add_login_routes(router, dependencies_);
    add_health_routes(router, dependencies_);
}

}  // namespace carrel
