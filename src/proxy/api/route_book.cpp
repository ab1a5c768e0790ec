#include "proxy/api/route_book.hpp"

#include "base/origin_text.hpp"
#include "base/text.hpp"
#include "runtime/log.hpp"

#include <algorithm>
#include <limits>

namespace carrel::proxy {

namespace {

/// A piece of a listing: enough to fill the socket, little enough to let others have their turn.
constexpr size_t piece_size = 65536;
/// A watcher that lets more than this pile up is cut off and has to begin anew.
constexpr size_t most_unread = 16UL * 1024 * 1024;

std::string dump(Json const& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The string at `key` of an object; "" when absent or of another type.
std::string text_at(Json const& object, char const* key) {
    auto const found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

bool is_visible(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; });
}

std::unexpected<Error> refused(std::string_view why) {
    return fail(Code::InvalidArgument, "{}", why);
}

}  // namespace

/// Hands out the book piece by piece. Changes meanwhile are seen or not, as with any long read.
class RouteBook::Listing final : public Feed {
public:
    Listing(RouteBook& book, int64_t limit) : book_(book), limit_(limit) {}

    State next(std::string& out) override {
        auto const end = out.size() + piece_size;
        out.reserve(end + 4096);
        if (!begun_) out += '{';
        auto const& entries = book_.entries_;
        auto at = begun_ ? entries.upper_bound(last_) : entries.begin();
        begun_ = true;
        for (; at != entries.end() && out.size() < end; ++at) {
            auto const& entry = at->second;
            if (entry.route->activity->last() >= limit_) continue;
            if (!first_) out += ',';
            first_ = false;
            book_.append(out, entry, true);
        }
        if (at != entries.end()) {
            last_ = std::prev(at)->first;
            return State::More;
        }
        out += '}';
        return State::End;
    }

private:
    RouteBook& book_;
    int64_t limit_;
    std::string last_;  ///< the path that was looked at last
    bool begun_ = false;
    bool first_ = true;
};

/// First every route, then `{"synced":true}`, then changes. What changes before its turn in the
/// first part has come is simply told as it is then.
class RouteBook::Watch final : public Feed {
public:
    Watch(RouteBook& book, WatchForm form) : book_(book), form_(form) {
        book_.watches_.push_back(this);
    }
    ~Watch() override { std::erase(book_.watches_, this); }

    State next(std::string& out) override {
        if (!synced_) {
            list(out);
            return State::More;
        }
        out += unread_;
        unread_.clear();
        if (!lost_) return State::Waiting;
        return State::End;
    }
    void note_put(std::string const& path, Entry const& entry) {
        if (!synced_ && path > last_) return;
        line(unread_, [&](std::string& to) { put(to, entry); });
        noted();
    }
    void note_removal(std::string const& path) {
        if (!synced_ && path > last_) return;
        line(unread_, [&](std::string& to) { to += R"({"delete":)" + dump(path) + "}"; });
        noted();
    }

private:
    template <class Write>
    void line(std::string& out, Write write) {
        if (form_ == WatchForm::Events) out += "data: ";
        write(out);
        out += form_ == WatchForm::Events ? "\n\n" : "\n";
    }
    void put(std::string& out, Entry const& entry) {
        out += R"({"put":)";
        out.append(entry.text, 0, entry.key_size - 1);
        out += R"(,"data":)";
        book_.append(out, entry, false);
        out += '}';
    }
    void list(std::string& out) {
        auto const end = out.size() + piece_size;
        auto at = begun_ ? book_.entries_.upper_bound(last_) : book_.entries_.begin();
        begun_ = true;
        for (; at != book_.entries_.end() && out.size() < end; ++at) {
            line(out, [&](std::string& to) { put(to, at->second); });
            last_ = at->first;
        }
        if (at != book_.entries_.end()) return;
        out += unread_;
        unread_.clear();
        line(out, [](std::string& to) { to += R"({"synced":true})"; });
        synced_ = true;
    }
    void noted() {
        if (unread_.size() > most_unread) {
            lost_ = true;
            unread_.clear();
        }
        if (wake) wake();
    }

    RouteBook& book_;
    WatchForm form_;
    std::string last_;
    std::string unread_;
    bool begun_ = false;
    bool synced_ = false;
    bool lost_ = false;
};

RouteBook::RouteBook(Options const& options, Clock const& clock, Push push, NameWatch* names)
    : options_(options), clock_(clock), push_(std::move(push)), names_(names) {}

Result<RouteBook::Draft> RouteBook::draft(std::string path, Json data) const {
    if (!data.is_object() || !data.contains("target") || !data["target"].is_string())
        return refused("Must specify 'target' as string");
    auto route = std::make_shared<Route>();
    // A route that was meant to be guarded must not be open because of a slip.
    if (auto const auth = data.find("auth"); auth != data.end()) {
        if (!auth->is_object() || text_at(*auth, "login").empty() || options_.edge_key.empty())
            return refused("'auth' needs a 'login' path and CARREL_EDGE_KEY");
        route->login = text_at(*auth, "login");
        if (!is_visible(*route->login)) return refused("'login' is not a path");
    }
    if (auto const origin = data.find("origin"); origin != data.end()) {
        route->origin = origin->is_string() ? origin->get<std::string>() : "";
        if (!is_origin(route->origin)) return refused("'origin' is a scheme and a host");
    }
    route->secret = text_at(data, "secret");
    if (!is_visible(route->secret))
        return refused("'secret' has characters that no header may have");
    route->path = path;
    route->trusted = path == "/";
    auto const passing = data.find("volatile");
    route->passing = passing != data.end() && passing->is_boolean() && passing->get<bool>();
    if (auto const confined = data.find("confined"); confined != data.end()) {
        if (!confined->is_boolean()) return refused("'confined' is true or false");
        route->confined = confined->get<bool>();
    }
    if (auto const strip = data.find("strip_path"); strip != data.end()) {
        if (!strip->is_boolean()) return refused("'strip_path' is true or false");
        route->strip_path = strip->get<bool>();
    }
    route->confined = route->confined || route->login.has_value();
    if (auto const idle = data.find("idle_changes"); idle != data.end()) {
        if (!idle->is_array()) return refused("'idle_changes' is a list of paths");
        for (auto const& below : *idle) {
            if (!below.is_string() || !below.get_ref<std::string const&>().starts_with('/'))
                return refused("'idle_changes' is a list of paths");
            route->idle_changes.push_back(below.get<std::string>());
        }
    }
    route->kind = class_of(path);
    route->target = read_target(data["target"].get_ref<std::string const&>());
    if (route->target && route->target->name) {
        route->name = route->target->name;
        auto found = options_.lookup(route->name->host, route->name->port);
        if (found)
            route->target->addresses = *std::move(found);
        else
            route->target = std::unexpected(found.error());
    }
    data.erase("secret");
    data.erase("last_activity");
    data.erase("last_change");
    if (options_.host_routing && path != "/") data["host"] = path.substr(1, path.find('/', 1) - 1);
    Draft draft{.path = std::move(path), .text = dump(route->path), .key_size = 0, .route = {}};
    draft.text += ':';
    draft.key_size = static_cast<uint32_t>(draft.text.size());
    draft.text += dump(data);
    draft.text.pop_back();
    draft.text.shrink_to_fit();
    draft.route = std::move(route);
    return draft;
}

Result<Target> RouteBook::read_target(std::string const& url) const {
    TRY(auto target, Target::read(url));
    if (target.name && names_ != nullptr) {
        auto name = *target.name;
        name.look_again = names_->hurry(name.host, name.port);
        target.name = std::make_shared<HostName const>(std::move(name));
    }
    return target;
}

void RouteBook::follow(RoutePointer const& route, std::vector<Address> const& addresses) {
    auto const found = entries_.find(route->path);
    if (found == entries_.end() || found->second.route != route) return;
    move_target(found->second, addresses);
    log::info("target_moved",
              {{"route", for_log(route->path)}, {"host", for_log(route->name->host)}});
}

void RouteBook::move_target(Entry& entry, std::vector<Address> const& addresses) {
    auto target = read_target(data_of(entry)["target"].get<std::string>());
    if (!target) return;  // it was read before
    auto moved = std::make_shared<Route>(*entry.route);
    moved->target = *std::move(target);
    moved->target->addresses = addresses;
    moved->name = moved->target->name;
    entry.route = std::move(moved);
    push_(entry.route);
    if (names_ != nullptr) names_->add(*entry.route->name, entry.route);
}

void RouteBook::put(Draft draft) {
    auto& entry = entries_[draft.path];
    auto& route = draft.route;
    // Tunnels that are open still count for the route that replaces theirs.
    route->activity = entry.route ? entry.route->activity : std::make_shared<Activity>(now());
    route->activity->touch(now());
    if (!route->target)
        log::warn("route_unusable",
                  {{"route", for_log(draft.path)}, {"reason", route->target.error().message}});
    entry = {std::move(draft.text), draft.key_size, std::move(route)};
    push_(entry.route);
    if (names_ != nullptr && entry.route->name) names_->add(*entry.route->name, entry.route);
    if (snapshot_ != nullptr) {
        if (entry.route->passing)
            snapshot_->remove(entry.route->path);
        else
            snapshot_->put(entry.route->path, text_of(entry));
    }
    for (auto* watch : watches_) watch->note_put(draft.path, entry);
}

bool RouteBook::remove(std::string const& path) {
    if (entries_.erase(path) == 0) return false;
    push_(RemoveRoute{path});
    if (snapshot_ != nullptr) snapshot_->remove(path);
    for (auto* watch : watches_) watch->note_removal(path);
    return true;
}

RouteBook::Entry const* RouteBook::find(std::string const& path) const {
    auto const found = entries_.find(path);
    return found == entries_.end() ? nullptr : &found->second;
}

Json RouteBook::data_of(Entry const& entry) const {
    auto data = Json::parse(entry.text.substr(entry.key_size) + "}");
    if (!entry.route->secret.empty()) data["secret"] = entry.route->secret;
    return data;
}

void RouteBook::append(std::string& out, Entry const& entry, bool with_key) {
    auto const from = with_key ? 0 : entry.key_size;
    out.append(entry.text, from, std::string::npos);
    out += R"(,"last_activity":")";
    auto const& activity = *entry.route->activity;
    dates_.append(out, activity.last());
    if (activity.last_change() > 0) {
        out += R"(","last_change":")";
        dates_.append(out, activity.last_change());
    }
    out += "\"}";
}

std::string RouteBook::show(Entry const& entry) {
    std::string text;
    append(text, entry, false);
    return text;
}

std::unique_ptr<Feed> RouteBook::list(int64_t limit) {
    return std::make_unique<Listing>(*this, limit);
}

std::unique_ptr<Feed> RouteBook::watch(WatchForm form) {
    return std::make_unique<Watch>(*this, form);
}

int64_t RouteBook::now() const { return clock_.now().time_since_epoch().count(); }

}  // namespace carrel::proxy
