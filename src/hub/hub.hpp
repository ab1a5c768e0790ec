#pragma once

/// The running half of every course on this machine: servers, their routes, and the ways to them.
/// Made by app/wiring; confined to the control thread.

#include "http/static_files.hpp"
#include "hub/culler.hpp"
#include "hub/entry.hpp"
#include "hub/jupyterhub/group_calls.hpp"
#include "hub/jupyterhub/hub_calls.hpp"
#include "hub/jupyterhub/member_calls.hpp"
#include "hub/jupyterhub/oauth_calls.hpp"
#include "hub/jupyterhub/rest_calls.hpp"
#include "hub/jupyterhub/server_calls.hpp"
#include "hub/jupyterhub/service_calls.hpp"
#include "hub/jupyterhub/share_calls.hpp"
#include "hub/jupyterhub/user_calls.hpp"
#include "hub/pages/hub_pages.hpp"
#include "hub/pages/login_pages.hpp"
#include "hub/pages/server_pages.hpp"
#include "hub/pages/spawn_pages.hpp"
#include "hub/reconciler.hpp"
#include "hub/services/services.hpp"

namespace carrel {

class Directories;
class ProviderLogin;

/// What hubs have for people.
struct HubFront {
    Gate& gate;
    Authenticator& authenticator;
    LoginSteps& steps;
    http::StaticFiles const& ui;
    ProviderLogin* logins = nullptr;     ///< null: by password alone
    Directories* directories = nullptr;  ///< null: by the passwords of here alone
};

class Hub {
public:
    /// What beside servers belongs to hubs.
    struct Programs {
        rbac::RoleBook roles = {};
        ServiceBook services = {};
        ServiceHost* host = nullptr;  ///< of managed services; null: none are run
    };

    /// `edge_key` is shared with the proxy: 32 bytes.
    Hub(HubDependencies const& dependencies, HubSettings settings, HubFront const& front,
        http::Client& client, std::string edge_key, Programs programs);

    void add_routes(http::Router& router);

    /// Finds running servers again, then keeps the world in order in the background.
    Task<> start();

    /// Stops the background work; servers go on running.
    Task<> close();
    /// Stops every server, many at a time, and returns when all have ended.
    Task<> stop_all_servers();

private:
    Task<> reconcile_for_ever();
    Task<> cull_for_ever();
    Task<> serve_for_ever();

    HubDependencies use_;
    HubSettings settings_;
    Programs programs_;
    ServerLifecycle servers_;
    Services services_;
    Reconciler reconciler_;
    Culler culler_;
    jupyterhub::CallerGate callers_;
    Entry entry_;
    jupyterhub::OAuthCalls oauth_;
    jupyterhub::ServerCalls server_calls_;
    jupyterhub::UserCalls users_;
    jupyterhub::RestCalls rest_;
    jupyterhub::GroupCalls groups_;
    jupyterhub::MemberCalls members_;
    jupyterhub::ServiceCalls service_calls_;
    jupyterhub::HubCalls hub_calls_;
    jupyterhub::ShareCalls shares_;
    jupyterhub::PageDependencies pages_;
    jupyterhub::LoginPages login_pages_;
    jupyterhub::SpawnPages spawn_pages_;
    jupyterhub::ServerPages server_pages_;
    jupyterhub::HubPages hub_pages_;
    TaskGroup tasks_;
};

}  // namespace carrel
