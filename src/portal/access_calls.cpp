/// Who may in: the lists of the whole installation, for administrators.

#include "auth/access/access_keeper.hpp"
#include "portal/administration.hpp"
#include "portal/input.hpp"
#include "portal/record.hpp"
#include "portal/views.hpp"

#include "base/time_text.hpp"

namespace carrel {

namespace {

using nlohmann::json;

/// Where a line of a list is written.
enum class Place { Configuration, File, Here };

std::string_view name_of(Place place) {
    switch (place) {
        case Place::Configuration:
            return "configuration";
        case Place::File:
            return "file";
        case Place::Here:
            return "here";
    }
    std::unreachable();
}

Result<AccessPolicy*> policy_for(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_administrator(visit));
    if (portal.access == nullptr) return fail(Code::NotFound, "there are no lists here");
    return portal.access;
}

json view_of(AccessEntry const& entry, Place place) {
    bool const here = place == Place::Here;
    return {{"list", name_of(entry.list)},
            {"value", entry.value},
            {"place", name_of(place)},
            {"added_by", text_or_null(entry.added_by)},
            {"added_at", time_or_null(here ? std::optional(entry.added_at) : std::nullopt)}};
}

void add_lines(std::vector<json>& items, AccessLists const& lists, AccessList list, Place place) {
    for (auto const& value : lists.of(list))
        items.push_back(view_of(AccessEntry{list, value, {}, {}}, place));
}

/// Of each list, what can be changed here comes first.
Result<http::Response> list_entries(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto const policy, policy_for(portal, visit));
    TRY(auto const page, read_page(visit.request));
    TRY(auto const after, read_number_after(visit.request));
    TRY(auto const entries, portal.store.read([](Transaction& transaction) {
        return transaction.access_entries().all();
    }));
    auto const file = policy->file();
    std::vector<json> all;
    for (auto const list : access_lists) {
        for (auto const& entry : entries)
            if (entry.list == list) all.push_back(view_of(entry, Place::Here));
        add_lines(all, policy->configured(), list, Place::Configuration);
        add_lines(all, file, list, Place::File);
    }
    auto const start = std::min(static_cast<size_t>(after), all.size());
    auto const end = std::min(start + static_cast<size_t>(page.limit) + 1, all.size());
    std::vector<json> items(all.begin() + static_cast<std::ptrdiff_t>(start),
                            all.begin() + static_cast<std::ptrdiff_t>(end));
    std::vector<std::string> keys;
    for (size_t i = start; i < end; ++i) keys.push_back(std::to_string(i + 1));
    return http::Response::json(page_of(std::move(items), keys, page.limit));
}

Result<http::Response> show_access(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto const policy, policy_for(portal, visit));
    TRY(auto const lists,
        portal.store.read([&](Transaction& transaction) { return policy->lists(transaction); }));
    json file;
    if (auto const known = portal.keeper == nullptr ? std::nullopt : portal.keeper->userlist())
        file = {{"path", known->path.string()},
                {"people", known->people},
                {"read_at", format_time(known->read_at)},
                {"problem", text_or_null(known->problem)}};
    return http::Response::json({{"closed", lists->closed()},
                                 {"contact", text_or_null(policy->contact())},
                                 {"userlist", std::move(file)}});
}

/// What a request names: a line of a list, in its one form.
Result<AccessEntry> entry_named(AccessPolicy const& policy, std::string_view list,
                                std::string_view value) {
    AccessEntry entry;
    TRY(entry.list, parse_access_list(list));
    TRY(entry.value, access_value(entry.list, value, policy.domains()));
    return entry;
}

Result<> check_governed(Transaction& transaction, PortalDependencies const& portal,
                        Visit const& visit) {
    TRY(auto const actor, acting_administrator(transaction, visit));
    TRY_VOID(announce_access_change(transaction));
    TRY(auto const lists, portal.access->lists_with(transaction, portal.access->file()));
    TRY(auto const actors, portal.access->subject_of(transaction, actor));
    if (lists.judge(actors) != Admission::Allowed)
        return fail(Code::Conflict, "nobody shuts themselves out; another administrator has to");
    return AccessPolicy::check_administrator_left(transaction, lists);
}

Result<> note(Transaction& transaction, Visit const& visit, AccessEntry const& entry, Time now,
              bool added) {
    return record(transaction, now,
                  {.kind = added ? "access_listed" : "access_unlisted",
                   .actor = visit.who.user.name,
                   .subject = has_groups(entry.list) ? std::string() : entry.value,
                   .message = fmt::format("{} {} {} {} the list {}", visit.who.user.name,
                                          added ? "put" : "took", entry.value, added ? "on" : "off",
                                          name_of(entry.list)),
                   .detail = {{"list", name_of(entry.list)}, {"value", entry.value}}});
}

Result<http::Response> add_entry(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto const policy, policy_for(portal, visit));
    TRY(auto input, JsonReader::of(visit.request));
    auto const list = input.text("list");
    auto const value = input.text("value");
    TRY_VOID(input.done());
    TRY(auto entry, entry_named(*policy, list, value));
    auto const now = portal.clock.now();
    entry.added_by = visit.who.user.name;
    entry.added_at = now;
    TRY_VOID(portal.store.write([&](Transaction& transaction) -> Result<> {
        TRY(bool const added, transaction.access_entries().put(entry));
        if (!added)
            return std::unexpected(Error{
                Code::Conflict, fmt::format("{} is on this list already", entry.value), "value"});
        TRY_VOID(check_governed(transaction, portal, visit));
        return note(transaction, visit, entry, now, true);
    }));
    return http::Response::json(view_of(entry, Place::Here), 201);
}

Result<http::Response> remove_entry(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto const policy, policy_for(portal, visit));
    TRY_VOID(check_no_input(visit.request));
    TRY(auto const entry, entry_named(*policy, visit.request.query("list").value_or(""),
                                      visit.request.query("value").value_or("")));
    auto const now = portal.clock.now();
    TRY_VOID(portal.store.write([&](Transaction& transaction) -> Result<> {
        TRY(bool const removed, transaction.access_entries().remove(entry.list, entry.value));
        if (!removed)
            return fail(Code::NotFound,
                        "{} is not on this list here; what the configuration or the file says is "
                        "changed there",
                        entry.value);
        TRY_VOID(check_governed(transaction, portal, visit));
        return note(transaction, visit, entry, now, false);
    }));
    return http::Response::empty();
}

}  // namespace

void add_access_calls(Calls& calls) {
    calls.topic("Access");
    calls.add({.method = "GET",
               .path = "/access",
               .summary = "Whether there is a list of who may in, and what is known of its file; "
                          "for administrators",
               .scope = Scope::AdminUsers,
               .gives = "Access",
               .problems = {404}},
              show_access);
    calls.add({.method = "GET",
               .path = "/access/entries",
               .summary = "Every line of every list, also of the configuration and of the file",
               .scope = Scope::AdminUsers,
               .gives = "AccessEntry[]",
               .problems = {404}},
              list_entries);
    calls.add({.method = "POST",
               .path = "/access/entries",
               .summary = "Put somebody, or a group, on a list; counts at once",
               .scope = Scope::AdminUsers,
               .takes = "NewAccessEntry",
               .gives = "AccessEntry",
               .status = 201,
               .problems = {404, 409}},
              add_entry);
    calls.add({.method = "DELETE",
               .path = "/access/entries",
               .summary = "Take somebody, or a group, off a list",
               .scope = Scope::AdminUsers,
               .status = 204,
               .query = {"list", "value"},
               .problems = {404, 409}},
              remove_entry);
}

}  // namespace carrel
