#pragma once

/// The only place where concrete classes meet: the control process, made from its settings.

#include "app/commands.hpp"
#include "app/folders.hpp"
#include "app/housekeeping.hpp"
#include "app/mail_service.hpp"
#include "app/secrets.hpp"
#include "auth/access/access_keeper.hpp"
#include "auth/local/local_authenticator.hpp"
#include "auth/login_steps.hpp"
#include "auth/provider/provider_login.hpp"
#include "auth/provider/session_refresher.hpp"
#include "config/settings.hpp"
#include "deploy/dispatcher.hpp"
#include "deploy/local/local_provisioner.hpp"
#include "deploy/removal/remover.hpp"
#include "homes/local/local_home_store.hpp"
#include "http/server.hpp"
#include "http/static_files.hpp"
#include "hub/hub.hpp"
#include "hub/rest_proxy_client.hpp"
#include "hub/services/process_service_host.hpp"
#include "portal/portal.hpp"
#include "spawn/process/process_spawner.hpp"
#include "store/store.hpp"

#include <memory>

namespace carrel {

struct ControlOptions {
    Settings settings;
    Folders folders;
    Secrets secrets;
    int listener = -1;              ///< an open listening socket; -1: control makes one
    int ready = -1;                 ///< where a line says that requests are answered; -1: nowhere
    MakeSpawner make_spawner = {};  ///< empty: servers are processes
};

/// Portal, hub, dispatcher and worker in one process. Members are declared in the order in which
/// they depend on one another, so that they are destroyed in the reverse.
class Control {
public:
    /// Opens the store and looks at the machine; nothing runs yet.
    [[nodiscard]] static Result<std::unique_ptr<Control>> create(ControlOptions options);
    ~Control();

    /// Serves until SIGTERM, which leaves notebook servers running, or SIGINT, which stops them
    /// first.
    [[nodiscard]] Result<> run();

    [[nodiscard]] Store& store() { return *store_; }

private:
    struct Parts;  // what can fail to be made, made before the constructor
    Control(ControlOptions options, Parts parts);

    Task<> start();
    Task<> end_at_signal();
    Task<> shut_down(bool stop_servers);
    /// The API and the hubs by the router, everything else by the pages.
    asio::awaitable<http::Response> respond(http::Request& request);
    /// The hubs' API alone, by token alone: what servers of JupyterHub's kind reach.
    asio::awaitable<http::Response> respond_to_server(http::Request& request);
    Result<> listen_for_servers();

    ControlOptions options_;
    SystemClock clock_;
    SystemRandom random_;
    asio::io_context context_{1};
    std::unique_ptr<BlockingPool> pool_;
    std::unique_ptr<http::Client> client_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Spawner> spawner_;
    std::unique_ptr<LocalHomeStore> homes_;
    std::unique_ptr<PasswordHasher> passwords_;
    std::unique_ptr<AccessPolicy> access_;
    std::unique_ptr<Directories> directories_;
    std::unique_ptr<Authenticator> authenticator_;
    Origins origins_;
    HubPaths paths_;
    AccessKeeper access_keeper_;
    Gate gate_;
    Sealer sealer_;
    FactorDesk factors_;
    LoginSteps steps_;
    ProviderLogin logins_;
    SessionRefresher refresher_;
    RestProxyClient proxy_;
    ProcessServiceHost service_host_;
    http::StaticFiles pages_;
    Hub hub_;
    LocalProvisioner provisioner_;
    Dispatcher dispatcher_;
    Remover remover_;
    Housekeeping housekeeping_;
    MailService mail_;
    EventFeed feed_;
    Portal portal_;
    http::Router router_;
    std::unique_ptr<http::Server> server_;
    std::unique_ptr<http::Server> hub_server_;
    TaskGroup tasks_;
    Result<> outcome_;
};

/// What the modules are told, from the settings.
[[nodiscard]] CourseLimits course_limits(Settings const& settings);
[[nodiscard]] Origins origins(Settings const& settings);
[[nodiscard]] FactorRule factor_rule(Settings const& settings);
[[nodiscard]] HubSettings hub_settings(Settings const& settings);
[[nodiscard]] DispatcherOptions dispatcher_options(Settings const& settings,
                                                   std::string const& instance);

}  // namespace carrel
