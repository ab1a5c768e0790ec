#pragma once

/// The routes as the REST API knows them: what was posted, kept as the text that listings are made
/// of, so that a listing of tens of thousands is little more than copying. Workers hear of each
/// change by `push`. Confined to the side thread.

#include "base/clock.hpp"
#include "proxy/api/name_watch.hpp"
#include "proxy/api/route_snapshot.hpp"
#include "proxy/api/side_message.hpp"
#include "proxy/data_plane/worker.hpp"
#include "proxy/handover/message.hpp"
#include "proxy/message/date_text.hpp"
#include "proxy/options.hpp"
#include "proxy/route_table.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace carrel::proxy {

using Json = nlohmann::ordered_json;

class RouteBook {
public:
    using Push = std::function<void(Update const&)>;

    struct Entry {
        std::string text;  ///< `"/path":{"target":"…"`, without what ends it and without secrets
        uint32_t key_size = 0;  ///< of `"/path":`
        RoutePointer route;
    };
    /// A route that has been found good and is not yet in force.
    struct Draft {
        std::string path;
        std::string text;
        uint32_t key_size = 0;
        std::shared_ptr<Route> route;
    };

    /// `push` hands an update to every worker. `names` looks host names of targets up again; null:
    /// nobody does. It is not used by the destructor.
    RouteBook(Options const& options, Clock const& clock, Push push, NameWatch* names);

    /// Checks what was posted for a path. The error's message is fit for the client.
    [[nodiscard]] Result<Draft> draft(std::string path, Json data) const;
    void put(Draft draft);
    /// False when there is none.
    bool remove(std::string const& path);
    [[nodiscard]] Entry const* find(std::string const& path) const;
    /// What would have to be posted to have this route again: secrets included.
    [[nodiscard]] Json data_of(Entry const& entry) const;
    [[nodiscard]] size_t size() const { return entries_.size(); }

    // For a successor, and from a predecessor (handover/routes.cpp).
    [[nodiscard]] std::vector<SavedRoute> saved() const;
    /// The route's target is found at other addresses now. Nothing, when it is no longer the route.
    void follow(RoutePointer const& route, std::vector<Address> const& addresses);
    /// Where changes are kept from now on; null: nowhere.
    void record(RouteSnapshot* snapshot) { snapshot_ = snapshot; }
    /// Waits until what is on disk is what is known here.
    [[nodiscard]] Result<> flush() const {
        return snapshot_ == nullptr ? Result<>() : snapshot_->flush();
    }
    [[nodiscard]] Result<> restore(SavedRoute const& saved);
    /// The route, if it is there, was last used then, or later.
    void note_activity(std::string const& path, int64_t when);

    /// The route as JSON, as a listing has it.
    [[nodiscard]] std::string show(Entry const& entry);
    /// All routes that were last active before `limit`, as one JSON object.
    [[nodiscard]] std::unique_ptr<Feed> list(int64_t limit);
    enum class WatchForm { Lines, Events };
    /// All routes, then their changes as they come.
    [[nodiscard]] std::unique_ptr<Feed> watch(WatchForm form);

    [[nodiscard]] int64_t now() const;

private:
    class Listing;
    class Watch;
    using Entries = std::map<std::string, Entry, std::less<>>;

    /// Reads a target, which may have a name and then no addresses yet.
    [[nodiscard]] Result<Target> read_target(std::string const& url) const;
    /// Puts the same route with its target at these addresses.
    void move_target(Entry& entry, std::vector<Address> const& addresses);
    void append(std::string& out, Entry const& entry, bool with_key);
    /// The text of `data_of`.
    [[nodiscard]] static std::string text_of(Entry const& entry);

    Options const& options_;
    Clock const& clock_;
    Push push_;
    NameWatch* const names_;
    Entries entries_;
    DateWriter dates_;
    std::vector<Watch*> watches_;
    RouteSnapshot* snapshot_ = nullptr;
};

}  // namespace carrel::proxy
