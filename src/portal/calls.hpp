#pragma once

/// The calls of the REST API: each is one entry that names its path, who may call it, and what it
/// takes and gives. The router and the OpenAPI document are both made from these entries, so that
/// no call can be forgotten in either, and no handler can forget to ask who is there.

#include "http/router.hpp"
#include "portal/portal.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel {

/// One request of somebody who is logged in and whose login has the call's scope.
struct Visit {
    http::Request& request;
    Identity const& who;
};

struct Call {
    std::string method;
    std::string path;  ///< below /api/v1
    std::string summary;
    std::optional<Scope> scope = {};  ///< nothing: everybody may call it, logged in or not
    std::string takes = {};           ///< the schema of the body; empty: takes none
    std::string gives = {};  ///< the schema of the answer; "Course[]": a page of them; "": none
    unsigned status = 200;   ///< on success
    std::vector<std::string> query = {};  ///< names of query parameters
    std::vector<unsigned> problems = {};  ///< beyond those that every such call may have
    std::string also_gives = {};          ///< another media type of the answer
    std::string topic = {};               ///< given by `Calls`
    std::string gives_halfway = {};       ///< the schema of a 202, when more is to be done
    /// Open to whoever has to have a second factor and has none yet.
    bool for_setup = false;
    /// It may wait for a directory: it runs on their threads, where there are any.
    bool asks_directories = false;
};

inline constexpr std::string_view api_root = "/api/v1";

class Calls {
public:
    using Answer = Result<http::Response> (*)(PortalDependencies const&, Visit const&);
    using PublicAnswer = Result<http::Response> (*)(PortalDependencies const&, http::Request&);

    Calls(PortalDependencies const& portal, http::Router& router)
        : portal_(portal), router_(router) {}

    /// The heading of what is added next.
    void topic(std::string_view name) { topic_ = name; }
    /// A call that needs a login with `call.scope`.
    void add(Call call, Answer answer);
    /// A call without. Another site cannot make a visitor's browser call it when it is unsafe.
    void add_public(Call call, PublicAnswer answer);

    /// The call that gives the OpenAPI document, whose text may be made after this.
    void add_description(std::string const& document);

    [[nodiscard]] std::vector<Call> const& all() const { return calls_; }

private:
    Call& note(Call call);
    void route(Call const& call, http::BlockingHandler handler);

    PortalDependencies const& portal_;
    http::Router& router_;
    std::string topic_;
    std::vector<Call> calls_;
};

// One function for each file of calls.
void add_session_calls(Calls& calls);
void add_own_session_calls(Calls& calls);
void add_factor_calls(Calls& calls);
void add_profile_calls(Calls& calls);
void add_login_calls(Calls& calls);
void add_mail_calls(Calls& calls);
void add_token_calls(Calls& calls);
void add_option_calls(Calls& calls);
void add_plan_calls(Calls& calls);
void add_course_calls(Calls& calls);
void add_course_action_calls(Calls& calls);
void add_invitation_calls(Calls& calls);
void add_application_calls(Calls& calls);
void add_participant_calls(Calls& calls);
void add_server_calls(Calls& calls);
void add_event_calls(Calls& calls);
void add_export_calls(Calls& calls);
void add_user_calls(Calls& calls);
void add_removal_calls(Calls& calls);
void add_access_calls(Calls& calls);
void add_overview_calls(Calls& calls);
/// /login/{login}, which browsers visit.
void add_login_routes(http::Router& router, PortalDependencies const& portal);
/// /healthz, /readyz and /metrics, which are not part of the API.
void add_health_routes(http::Router& router, PortalDependencies const& portal);

}  // namespace carrel
