#include "hub/rbac/scopes.hpp"

#include "base/text.hpp"
#include "hub/rbac/scope_table.hpp"

#include <algorithm>

namespace carrel::rbac {

namespace {

std::unexpected<Error> no_such_scope(std::string_view written) {
    return fail_field("scopes", "there is no scope '{}'", for_log(written, 80));
}

void collect(std::string_view name, CustomScopes const& custom, std::set<std::string_view>& into) {
    if (!into.emplace(name).second) return;
    if (auto const* const entry = find_scope(name))
        for (auto const part : entry->contains) collect(part, custom, into);
    if (auto const* const own = custom.find(name))
        for (auto const& part : own->subscopes) collect(part, custom, into);
}

void unite(Filter& filter, Filter const& other) {
    if (filter.everything) return;
    if (other.everything) {
        filter = Filter{.everything = true};
        return;
    }
    filter.users.insert(other.users.begin(), other.users.end());
    filter.groups.insert(other.groups.begin(), other.groups.end());
    filter.servers.insert(other.servers.begin(), other.servers.end());
    filter.services.insert(other.services.begin(), other.services.end());
}

std::string_view owner_of(std::string_view server) { return server.substr(0, server.find('/')); }

bool covers_user(Filter const& filter, std::string_view user, Membership const& in_group) {
    return filter.everything || filter.users.contains(std::string(user)) ||
           std::ranges::any_of(filter.groups,
                               [&](auto const& group) { return in_group(user, group); });
}

bool covers_server(Filter const& filter, std::string const& server, Membership const& in_group) {
    return filter.servers.contains(server) || covers_user(filter, owner_of(server), in_group);
}

/// What of `from` lies in `within`. Called both ways round, it gives the whole intersection: of a
/// group and its member the member remains, of a user and their server the server.
Filter part_within(Filter const& from, Filter const& within, Membership const& in_group) {
    if (within.everything) return from;
    Filter part;
    for (auto const& user : from.users)
        if (covers_user(within, user, in_group)) part.users.insert(user);
    for (auto const& group : from.groups)
        if (within.groups.contains(group)) part.groups.insert(group);
    for (auto const& server : from.servers)
        if (covers_server(within, server, in_group)) part.servers.insert(server);
    for (auto const& service : from.services)
        if (within.services.contains(service)) part.services.insert(service);
    return part;
}

/// "user=ada" as a filter; nothing for a bare one that means nothing here.
Result<std::optional<Filter>> read_filter(std::string_view text, Holder const& holder) {
    auto const equals = text.find('=');
    auto const kind = text.substr(0, equals);
    std::optional<std::string> value;
    bool const bare = equals == std::string_view::npos;
    if (!bare) value = std::string(text.substr(equals + 1));
    if (kind == "user" && bare) value = holder.user;
    if (kind == "service" && bare) value = holder.service;
    if (kind == "server" && bare) value = holder.server;
    Filter filter;
    auto* const values = kind == "user"             ? &filter.users
                         : kind == "service"        ? &filter.services
                         : kind == "server"         ? &filter.servers
                         : kind == "group" && !bare ? &filter.groups
                                                    : nullptr;
    if (values == nullptr)
        return fail_field("scopes", "there is no filter '!{}'", for_log(text, 80));
    if (!value) return std::nullopt;
    if (value->empty() || (kind == "server" && value->find('/') == std::string::npos))
        return fail_field("scopes", "the filter '!{}' names nothing", for_log(text, 80));
    values->insert(*std::move(value));
    return filter;
}

/// First the one replaced everywhere, then the other.
std::string with(std::string text, std::string_view first, std::string_view by,
                 std::string_view second, std::string_view by_second) {
    auto const replace = [&](std::string_view old, std::string_view wanted) {
        for (size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += wanted.size())
            text.replace(at, old.size(), wanted);
    };
    replace(first, by);
    replace(second, by_second);
    return text;
}

/// Scopes about users mean nothing for one server.
bool fits_server(std::string_view scope) { return !scope.starts_with("read:user"); }

}  // namespace

bool no_groups(std::string_view, std::string_view) { return false; }

std::string server_id(std::string_view user, std::string_view server) {
    return fmt::format("{}/{}", user, server);
}

Result<ScopeSet> ScopeSet::expand(std::span<std::string const> written, Holder const& holder,
                                  CustomScopes const& custom) {
    ScopeSet set;
    for (auto const& each : written) TRY_VOID(set.add(each, holder, custom));
    return set;
}

Result<> ScopeSet::add(std::string_view written, Holder const& holder, CustomScopes const& custom) {
    if (written == "inherit") return {};
    auto const mark = written.find('!');
    auto const name = written.substr(0, mark);
    std::set<std::string_view> names;
    if (name == "self") {
        // A service has no self.
        if (mark != std::string_view::npos && written.substr(mark) != "!user")
            return no_such_scope(written);
        for (auto const each : self_scopes()) collect(each, custom, names);
        return add_filtered(names, "user", holder);
    }
    if (find_scope(name) == nullptr && custom.find(name) == nullptr) return no_such_scope(written);
    collect(name, custom, names);
    if (mark != std::string_view::npos)
        return add_filtered(names, written.substr(mark + 1), holder);
    for (auto const& each : names) unite(scopes_[std::string(each)], {.everything = true});
    return {};
}

Result<> ScopeSet::add_filtered(std::set<std::string_view> const& scopes, std::string_view filter,
                                Holder const& holder) {
    TRY(auto const read, read_filter(filter, holder));
    if (!read) return {};
    for (auto const& each : scopes)
        if (read->servers.empty() || fits_server(each)) unite(scopes_[std::string(each)], *read);
    return {};
}

Filter const* ScopeSet::filter_of(std::string_view scope) const {
    auto const found = scopes_.find(scope);
    return found == scopes_.end() ? nullptr : &found->second;
}

bool ScopeSet::allows_everything(std::string_view scope) const {
    auto const* const filter = filter_of(scope);
    return filter != nullptr && filter->everything;
}

bool ScopeSet::allows(std::string_view scope, Target const& target,
                      Membership const& in_group) const {
    auto const* const filter = filter_of(scope);
    if (filter == nullptr) return false;
    if (filter->everything) return true;
    if (target.service) return filter->services.contains(*target.service);
    if (target.group) return filter->groups.contains(*target.group);
    if (!target.user) return false;
    if (target.server)
        return covers_server(*filter, server_id(*target.user, *target.server), in_group);
    return covers_user(*filter, *target.user, in_group);
}

ScopeSet ScopeSet::intersection(ScopeSet const& other, Membership const& in_group) const {
    ScopeSet both;
    for (auto const& [name, filter] : scopes_) {
        auto const* const theirs = other.filter_of(name);
        if (theirs == nullptr) continue;
        auto part = part_within(filter, *theirs, in_group);
        unite(part, part_within(*theirs, filter, in_group));
        if (!part.empty()) both.scopes_.emplace(name, std::move(part));
    }
    return both;
}

std::set<std::string> ScopeSet::groups() const {
    std::set<std::string> named;
    for (auto const& [name, filter] : scopes_)
        named.insert(filter.groups.begin(), filter.groups.end());
    return named;
}

void ScopeSet::include(ScopeSet other) {
    scopes_.merge(other.scopes_);  // leaves behind what both have
    for (auto const& [name, filter] : other.scopes_) unite(scopes_.at(name), filter);
}

bool ScopeSet::contains(ScopeSet const& other, Membership const& in_group) const {
    return std::ranges::all_of(other.scopes_, [&](auto const& entry) {
        auto const* const ours = filter_of(entry.first);
        if (ours == nullptr) return false;
        if (ours->everything || entry.second.empty()) return true;
        return !entry.second.everything &&
               part_within(entry.second, *ours, in_group) == entry.second;
    });
}

std::vector<std::string> ScopeSet::names() const {
    std::vector<std::string> names;
    for (auto const& [name, filter] : scopes_) {
        if (filter.everything) names.push_back(name);
        auto const add = [&](std::string_view kind, std::set<std::string> const& values) {
            for (auto const& value : values)
                names.push_back(fmt::format("{}!{}={}", name, kind, value));
        };
        add("group", filter.groups);
        add("server", filter.servers);
        add("service", filter.services);
        add("user", filter.users);
    }
    std::ranges::sort(names);
    return names;
}

ScopeSet expand_known(std::span<std::string const> given, Holder const& holder,
                      CustomScopes const& custom) {
    ScopeSet all;
    for (auto const& each : given)
        if (auto expanded = ScopeSet::expand({&each, 1}, holder, custom))
            all.include(*std::move(expanded));
    return all;
}

ScopeSet effective(std::span<std::string const> given, ScopeSet of_owner, Holder const& holder,
                   Membership const& in_group, CustomScopes const& custom) {
    if (std::ranges::find(given, "inherit") != given.end()) return of_owner;
    return expand_known(given, holder, custom).intersection(of_owner, in_group);
}

std::vector<std::string> split_scopes(std::string_view text) {
    std::vector<std::string> scopes;
    for (auto const each : split(text, ' '))
        if (!each.empty()) scopes.push_back(with(std::string(each), "%20", " ", "%25", "%"));
    return scopes;
}

std::string join_scopes(std::span<std::string const> scopes) {
    std::vector<std::string> words;
    for (auto const& each : scopes) words.push_back(with(each, "%", "%25", " ", "%20"));
    return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace carrel::rbac
