// Routes and revocations as one proxy tells them to the next.

#include "base/text.hpp"
#include "proxy/api/admin_api.hpp"

namespace carrel::proxy {

std::vector<SavedRoute> RouteBook::saved() const {
    std::vector<SavedRoute> routes;
    routes.reserve(entries_.size());
    for (auto const& [path, entry] : entries_) {
        auto const& activity = *entry.route->activity;
        routes.push_back({path, text_of(entry), activity.last(), activity.last_change()});
    }
    return routes;
}

std::string RouteBook::text_of(Entry const& entry) {
    auto text = entry.text.substr(entry.key_size);
    if (auto const& secret = entry.route->secret; !secret.empty())
        text += R"(,"secret":)" + Json(secret).dump();
    return text += '}';
}

Result<> RouteBook::restore(SavedRoute const& saved) {
    auto data = Json::parse(saved.data, nullptr, false);
    auto made = draft(saved.path, std::move(data));
    if (!made)
        return std::unexpected(made.error().wrapped("restore the route " + for_log(saved.path)));
    put(*std::move(made));
    entries_[saved.path].route->activity->set(saved.last_activity, saved.last_change);
    return {};
}

void RouteBook::note_activity(std::string const& path, int64_t when) {
    auto const found = entries_.find(path);
    if (found == entries_.end()) return;
    auto& activity = *found->second.route->activity;
    if (activity.last() < when) activity.touch(when);
}

Result<> AdminApi::restore(std::vector<SavedRoute> const& routes,
                           std::vector<Revocation> const& revocations) {
    for (auto const& saved : routes) {
        // What this proxy was started with counts more than what another was.
        if (saved.path == "/" && options_.default_target) continue;
        TRY_VOID(routes_.restore(saved));
    }
    for (auto const& revocation : revocations) {
        revocations_.add(revocation);
        push_(revocation);
    }
    return {};
}

}  // namespace carrel::proxy
