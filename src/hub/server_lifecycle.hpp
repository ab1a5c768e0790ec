#pragma once

/// The life of every server: queued, starting, running, stopping, stopped.
///
/// Each step is written to the store before the next is taken, so that a control process killed at
/// any point is followed by one that knows what there is: running servers are found again,
/// half-started ones are started anew. Confined to the control thread. Owned by `Hub`.

#include "base/random.hpp"
#include "domain/event.hpp"
#include "homes/home_store.hpp"
#include "hub/live_server.hpp"
#include "hub/origins.hpp"
#include "hub/proxy_client.hpp"
#include "hub/start_queue.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/task_group.hpp"
#include "spawn/spawner.hpp"
#include "store/store.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace carrel {

struct HubSettings {
    size_t concurrent_starts = 10;
    Milliseconds start_timeout{60'000};
    Milliseconds stop_timeout{10'000};
    Milliseconds idle_timeout{3'600'000};  ///< 0: idle servers are never stopped
    Milliseconds idle_warning{600'000};    ///< before that; see `Culler`
    long long first_home_number = 200'000;
    size_t named_servers = 3;  ///< how many a person may have in a course beside the default one
    bool sharing = false;      ///< whether participants may let others into their servers
    std::map<std::string, Environment> environments;
};

/// What the hub is made of. All outlive it.
struct HubDependencies {
    asio::any_io_executor executor;
    BlockingPool& pool;
    Store& store;
    Spawner& spawner;
    HomeStore& homes;
    ProxyClient& proxy;
    Clock const& clock;
    Random& random;
    Origins origins = {};
    HubPaths paths = {};
    long long api_page_max_limit =
        200;  ///< more entries than this no list of the API gives at once
};

/// What is to be different about a server. What is empty stays as it was.
struct ServerEdit {
    std::string name;
    ServerDetails details;

    [[nodiscard]] bool is_nothing() const {
        return name.empty() && details.display_name.empty() && details.user_options.empty();
    }
};

class ServerLifecycle {
public:
    ServerLifecycle(HubDependencies const& dependencies, HubSettings const& settings);

    /// Finds the servers that a former control process left. Call once, before anything else.
    Task<> recover();

    /// Puts the server in line to be started and returns at once; `find(key)->progress` tells the
    /// rest. A server that is running, or on its way, is left alone. Conflict: it is stopping, or
    /// the course is not deployed (any more). PermissionDenied: its owner is no participant (any
    /// more). InvalidArgument: they have as many named servers as they may.
    Task<std::shared_ptr<LiveServer>> start(ServerOwner owner, std::string actor,
                                            ServerDetails details = {});

    /// Makes a server without starting it, and returns its row. Conflict: there is one of that
    /// name. The rest as `start`.
    Task<ServerRecord> make(ServerOwner owner, std::string actor, ServerDetails details);

    /// Changes a server that does not run, and returns its row. With another name it is found by
    /// that, and who was let into it is let into that. InvalidArgument: it is on its way, runs or
    /// stops, or would be one more than its owner may have. NotFound: there is no such row.
    /// Conflict: there is another of the new name. Unavailable: how it ended is not written yet, or
    /// too much is being taken back.
    Task<ServerRecord> edit(ServerOwner owner, std::string actor, ServerEdit edit);

    /// Stops the server and returns once it has ended; a start that is under way, or still in line,
    /// is given up. Stopping a stopped one succeeds.
    /// `reason` is a sentence for its owner; empty when they did it themselves.
    Task<> stop(ServerKey key, std::string actor, std::string event_kind, std::string reason);

    /// The same in the background: many servers stop at the same time.
    void stop_soon(ServerKey key, std::string reason);

    /// Stops a named server if it runs, and forgets that it was: its row goes, its name is free
    /// again. The home stays, which is its owner's. Returns when it has ended, or is on its way to.
    /// NotFound: there is no such row.
    Task<> remove(ServerKey key, std::string actor);

    /// Notes that a running server has ended by itself.
    Task<> note_ending(std::shared_ptr<LiveServer> server, Ending ending);

    /// The server, when it is on its way, running, or has ended a short while ago; else null.
    [[nodiscard]] std::shared_ptr<LiveServer> find(ServerKey const& key) const;
    /// Those of a user in a course that are on their way, run or stop, the default server first.
    [[nodiscard]] std::vector<std::shared_ptr<LiveServer>> active_of(CourseId const& course,
                                                                     UserId const& user) const;
    /// The same, and of `rows` those that are not: each as it was when it ended.
    [[nodiscard]] std::vector<std::shared_ptr<LiveServer>> known_of(
        Course const& course, User const& user, std::vector<ServerRecord> const& rows) const;
    [[nodiscard]] std::vector<std::shared_ptr<LiveServer>> in_state(ServerState state) const;
    /// Who has a server that is on its way, runs or stops, in the course of this slug.
    [[nodiscard]] std::set<UserId> owners_in(std::string_view slug) const;

    /// Writes again what could not be written when it happened, on a full disk for example.
    Task<> save_again();

    /// Forgets servers that ended some time ago; the store remembers them.
    void forget_ended();

    /// True when the proxy may have other routes than it should: in the beginning, and after a
    /// route could not be added or deleted.
    [[nodiscard]] bool routes_uncertain() const { return routes_uncertain_; }
    void set_routes_uncertain(bool uncertain) { routes_uncertain_ = uncertain; }

    /// The route of a running server.
    [[nodiscard]] ServerRoute route_of(LiveServer const& server) const;

    /// Ends the tasks under way without stopping any server.
    Task<> close();

private:
    /// Writes the row if the course and the owner's right are at that moment as they have to be.
    Task<> enqueue(std::shared_ptr<LiveServer> server, std::string actor);
    /// That there may be a server of this person now: the course is deployed, and they are in it.
    [[nodiscard]] static Result<> check_place(Transaction& transaction, ServerOwner const& owner);
    /// That they have no server of this name.
    [[nodiscard]] static Result<> check_name_is_free(Transaction& transaction,
                                                     ServerOwner const& owner);
    /// That the person may have one more server, unless this is none.
    [[nodiscard]] Result<> check_number(Transaction& transaction, ServerRecord const& wanted) const;
    [[nodiscard]] Result<long long> number_of_home(Transaction& transaction,
                                                   ServerRecord const& server) const;
    /// Without a slot it stands in line first.
    void begin_start(std::shared_ptr<LiveServer> const& server, std::string actor,
                     std::optional<StartQueue::Slot> slot = {});
    Task<> run_start(std::shared_ptr<LiveServer> server, std::string actor,
                     std::optional<StartQueue::Slot> slot);
    Task<StartQueue::Slot> stand_in_line(std::shared_ptr<LiveServer> server);
    Task<> spawn(std::shared_ptr<LiveServer> server, std::string actor);
    /// With the secret that the server is to have; one of JupyterHub's kind gets it as the hub's
    /// token, and its record none.
    Task<ServerSpec> make_spec(LiveServer& server, std::string secret);
    Task<> issue_token(std::shared_ptr<LiveServer> server, std::string secret);
    Task<> finish_start(std::shared_ptr<LiveServer> server, Started started, std::string actor);
    Task<> fail_start(std::shared_ptr<LiveServer> server, Error error);
    /// Cancels a start until it has ended, or has come so far that there is a server to stop.
    Task<> give_up_start(std::shared_ptr<LiveServer> server);
    Task<> carry_out(std::shared_ptr<LiveServer> server, StopOrder order);
    Task<> note_stopped(std::shared_ptr<LiveServer> server, StopOrder order, std::string usual);
    /// With all that must not be there for another server of that name.
    [[nodiscard]] Result<> remove_row(Transaction& transaction, ServerOwner const& server) const;
    /// Unless another one has taken its place.
    void forget(std::shared_ptr<LiveServer> const& server);
    Task<> delete_route(std::shared_ptr<LiveServer> server);
    /// Sets the state and writes the record, with an event when one is given.
    Task<> save(std::shared_ptr<LiveServer> server, ServerState state,
                std::optional<Event> event = {});
    [[nodiscard]] Event event_of(ServerOwner const& server, std::string kind, std::string actor,
                                 std::string message) const;

    HubDependencies use_;
    HubSettings const& settings_;
    StartQueue queue_;
    TaskGroup tasks_;
    std::map<ServerKey, std::shared_ptr<LiveServer>> servers_;
    bool routes_uncertain_ = true;
};

}  // namespace carrel
