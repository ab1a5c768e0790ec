#pragma once

/// Makes the world match the store, again and again: servers that died, courses that ended, people
/// who were removed, a proxy that was restarted, side effects waiting in the outbox.
/// Level-triggered: each pass looks at what is, so a missed pass loses nothing. Control thread.

#include "hub/revocations.hpp"
#include "hub/server_lifecycle.hpp"
#include "hub/services/services.hpp"

namespace carrel {

class Reconciler {
public:
    /// `services`: whose routes the proxy has too; null: nobody's.
    Reconciler(HubDependencies const& dependencies, ServerLifecycle& servers,
               Services* services = nullptr);

    /// One pass. An error in one part is logged and does not keep the others from running.
    Task<> pass();

private:
    Task<> notice_endings();
    Task<> look_at(std::shared_ptr<LiveServer> server);
    Task<> obey_courses();
    /// Stops servers of people who are removed or kept out, whoever started them.
    Task<> obey_lists();
    Task<> restore_routes();
    Task<> send_routes();
    Task<> save_again();
    /// Has the spawner end what no server of ours is.
    Task<> sweep();
    Task<> drain_outbox();
    Task<> perform(OutboxItem const& item);
    Task<> remove_participant(CourseId course, UserId user);
    Result<std::vector<std::pair<std::string, std::string>>> routes_of(CourseId const& course,
                                                                       UserId const& user) const;

    HubDependencies use_;
    ServerLifecycle& servers_;
    Services* services_;
    Revocations revocations_;
    Time next_sweep_{};
};

}  // namespace carrel
