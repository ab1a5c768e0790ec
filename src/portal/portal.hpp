#pragma once

/// The portal: every call of the REST API under /api/v1, and /healthz, /readyz, /metrics.
///
/// It changes courses only by the table in domain/lifecycle.hpp and only in the store; the
/// dispatcher and the hub see it there. Handlers run on the router's blocking pool, event streams
/// on the control thread. Owned by app/wiring.

#include "auth/access/access_keeper.hpp"
#include "auth/authenticator.hpp"
#include "auth/directory/directories.hpp"
#include "auth/local/password_hasher.hpp"
#include "auth/login_steps.hpp"
#include "auth/provider/provider_login.hpp"
#include "domain/course_rules.hpp"
#include "domain/hub_paths.hpp"
#include "domain/lifecycle.hpp"
#include "http/router.hpp"
#include "portal/event_feed.hpp"
#include "runtime/blocking_pool.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace carrel {

class MailDesk;

/// An environment as the form for a course offers it.
struct EnvironmentOption {
    std::string name;
    std::string title;
    std::string description;
    std::string default_url;
};

/// How far servers are kept apart on this machine.
struct IsolationReport {
    std::string level = "full";        ///< "full", "partial", "none"
    std::vector<std::string> notices;  ///< what is missing, one sentence each
};

/// What the portal tells about the platform itself.
struct PlatformFacts {
    std::vector<EnvironmentOption> environments;
    IsolationReport isolation;
    bool one_origin = false;  ///< browsers do not keep servers and these pages apart
    int named_servers = 0;    ///< how many a person may have in a course beside the default one
    std::string version;
    Time started_at;
    std::filesystem::path data;  ///< whose disk the overview measures
    /// "https://jupyter.example.org", without a slash at the end; for links. Empty: what the
    /// request's Host says.
    std::string public_url;
};

struct PortalDependencies {
    Store& store;
    Gate& gate;
    Authenticator& authenticator;
    LoginSteps& steps;
    PasswordHasher const& passwords;
    Clock const& clock;
    Random& random;
    BlockingPool& pool;  ///< for event streams; the router's is fine
    EventFeed& feed;     ///< for event streams
    /// Called when people have changed what is due with a course, from any thread. What was changed
    /// is in the store; this only spares whoever looks there the wait for the next look.
    std::function<void()> courses_changed = [] {};
    CourseLimits limits;
    GovernancePolicy policy;
    PlatformFacts platform;
    HubPaths paths = {};
    ProviderLogin* logins = nullptr;     ///< null: by password alone
    Directories* directories = nullptr;  ///< null: by the passwords of here alone
    MailDesk* mail = nullptr;            ///< null: none is sent
    AccessPolicy* access = nullptr;      ///< who may in; null: everybody who has an account
    AccessKeeper* keeper = nullptr;      ///< knows the file of them; null: there is none
};

class Portal {
public:
    explicit Portal(PortalDependencies dependencies);

    /// Registers everything; the portal must outlive the router.
    void add_routes(http::Router& router);

private:
    PortalDependencies dependencies_;
    std::string description_;  ///< the OpenAPI document, made by add_routes
};

}  // namespace carrel
