#pragma once

/// A server that the hub takes care of right now: its record and what is under way with it.
/// Confined to the control thread.

#include "domain/course.hpp"
#include "domain/event.hpp"
#include "domain/hub_paths.hpp"
#include "domain/server.hpp"
#include "domain/user.hpp"
#include "hub/progress.hpp"
#include "runtime/task_group.hpp"

#include <compare>
#include <optional>
#include <string>

namespace carrel {

struct ServerKey {
    CourseId course;
    UserId user;
    std::string name;  ///< "" is the default server

    auto operator<=>(ServerKey const&) const = default;
};

/// Whose server, in which course. A copy: the course may change meanwhile.
struct ServerOwner {
    Course course;
    User user;
    std::string name;

    [[nodiscard]] ServerKey key() const { return {course.id, user.id, name}; }
    /// Its base URL: "/c/bio/user/ada/", "/c/bio/user/ada/my%20second/".
    [[nodiscard]] std::string path(HubPaths const& paths) const {
        return paths.server(course.request.slug, user.name, name);
    }
    /// The same decoded and without the slash at its end, "/c/bio/user/ada/my second": by that the
    /// proxy knows the server's route.
    [[nodiscard]] std::string route(HubPaths const& paths) const;
    [[nodiscard]] std::string login_path(HubPaths const& paths) const {
        return paths.hub(course.request.slug) + "enter";
    }
};

/// Says in an event which of its subject's servers it is about, when it is not the default one.
void note_server(Event& event, std::string_view name);

/// Who wants a server stopped, and why.
struct StopOrder {
    std::string actor;       ///< empty: Carrel itself
    std::string event_kind;  ///< "server_stopped", "server_culled"
    std::string reason;      ///< a sentence for its owner; empty when they did it themselves
};

struct LiveServer {
    LiveServer(asio::any_io_executor const& executor, ServerOwner whose)
        : owner(std::move(whose)), progress(executor) {
        record.course = owner.course.id;
        record.user = owner.user.id;
        record.name = owner.name;
    }

    ServerOwner owner;
    ServerRecord record;
    ProgressFeed progress;
    /// Of its owner's home, once that is known; see `Homes::number_of`.
    std::optional<long long> home_number;
    /// Somebody wants it stopped while it starts.
    std::optional<StopOrder> stop_wanted;
    /// The start, and whether it is in a part that may be given up.
    RunningTask start;
    bool may_give_up = false;
    /// When it has ended its row goes as well: somebody removes it.
    bool remove_wanted = false;
    /// With which the hub asks a server of JupyterHub's kind what its kernels do; never kept. See
    /// `Culler`, also for the next ones.
    std::string look_secret;
    /// It has told what its kernels do; when it does not, it is not called idle for that.
    bool speaks_jupyter = false;
    /// When somebody really used a server of that kind, whatever it reports.
    std::optional<Time> last_use;
    /// It will be stopped then unless it is used, as its owner has been told.
    std::optional<Time> stops_at;
    /// What the server itself has been told of that.
    std::optional<Time> told_stops_at;
    /// The record could not be written; see `ServerLifecycle::save_again`.
    bool unsaved = false;
};

}  // namespace carrel
