#pragma once

/// Keeps services beside the hubs of deployed courses: runs those that are managed, starts them
/// again when they end, later each time, and knows the routes to their pages.
///
/// Level-triggered: each pass looks at which courses are deployed. Confined to the control thread.
/// Owned by `Hub`.

#include "hub/server_lifecycle.hpp"
#include "hub/services/service_host.hpp"

namespace carrel {

class Services {
public:
    Services(HubDependencies const& dependencies, ServiceBook const& book, ServiceHost* host)
        : use_(dependencies), book_(book), host_(host) {}

    /// Starts, stops and looks after what there should be now.
    Task<> pass();
    /// Ends all that were started here.
    Task<> close();

    /// The routes of all services with pages, by path, whether or not the proxy has them.
    [[nodiscard]] std::map<std::string, std::string> const& routes() const { return routes_; }
    /// Tells the proxy all of them, because it may have forgotten.
    Task<> send_routes();

    /// The process of a managed one, when it runs.
    [[nodiscard]] std::optional<long long> process_of(std::string const& slug,
                                                      std::string const& name) const;

private:
    using Key = std::pair<std::string, std::string>;  ///< the course's slug, the service's name
    struct Instance {
        Service service;
        Course course;
        std::optional<RunningProgram> running = {};
        std::optional<Time> asked_to_end = {};
        std::optional<Time> started_at = {};
        std::optional<Time> not_before = {};  ///< it may be started again from then on
        int failures = 0;                     ///< in a row
        bool wanted = true;
    };

    Task<> read_wanted();
    Task<> start(Instance& instance);
    void look_at(Instance& instance);
    void end(Instance& instance);
    Task<> update_routes();
    [[nodiscard]] std::map<std::string, std::string> wanted_routes() const;

    HubDependencies use_;
    ServiceBook const& book_;
    ServiceHost* host_;
    std::map<Key, Instance> instances_;
    std::map<std::string, std::string> routes_;  ///< that the proxy has been told
};

/// What a managed service is told: the variables of JupyterHub's contract.
[[nodiscard]] std::map<std::string, std::string> service_variables(HubPaths const& paths,
                                                                   std::string_view slug,
                                                                   Service const& service,
                                                                   std::string const& token);

}  // namespace carrel
