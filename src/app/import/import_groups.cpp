#include "app/import/import_groups.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace carrel {

namespace {

/// JupyterHub keeps a JSON object, and "null" or nothing in older rows.
std::string properties_of(JupyterHubGroup const& group) {
    auto const value = nlohmann::json::parse(group.properties, nullptr, false);
    return value.is_object() ? value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                             : "{}";
}

/// The names of those who are in the group; nobody when there is no such group.
Result<std::set<std::string>> members_of(Transaction& transaction, Course const& course,
                                         std::string const& group) {
    TRY(auto const ids, transaction.hub_groups().members(course.id, group));
    TRY(auto const users, transaction.users().find_all(ids));
    std::set<std::string> names;
    for (auto const& [id, user] : users) names.insert(user.name);
    return names;
}

}  // namespace

std::vector<ImportedGroup> plan_groups(std::vector<JupyterHubGroup> const& groups,
                                       std::vector<ImportedPerson> const& people) {
    std::map<std::string, std::string> names;
    for (auto const& person : people) names.emplace(person.old_name, person.name);
    std::vector<ImportedGroup> planned;
    for (auto const& group : groups) {
        ImportedGroup one{.name = group.name, .properties = properties_of(group)};
        for (auto const& member : group.members)
            if (auto const found = names.find(member); found != names.end())
                one.members.push_back(found->second);
        planned.push_back(std::move(one));
    }
    return planned;
}

Result<std::vector<GroupChange>> look_at_groups(Transaction& transaction, Course const& course,
                                                std::vector<ImportedGroup> const& groups,
                                                std::vector<Decision> const& decisions) {
    std::set<std::string> stay_out;
    for (auto const& decision : decisions)
        if (decision.step == Step::LeaveRejected) stay_out.insert(decision.person.name);
    std::vector<GroupChange> changes;
    for (auto const& group : groups) {
        GroupChange change{.group = group};
        auto const known = transaction.hub_groups().find(course.id, group.name);
        if (!known && known.error().code != Code::NotFound) return std::unexpected(known.error());
        change.is_new = !known;
        TRY(auto const present, members_of(transaction, course, group.name));
        std::erase_if(change.group.members, [&](std::string const& name) {
            return stay_out.contains(name) || present.contains(name);
        });
        changes.push_back(std::move(change));
    }
    return changes;
}

Result<> apply_groups(Transaction& transaction, Course const& course,
                      std::vector<GroupChange> const& changes, Time now) {
    for (auto const& change : changes) {
        auto const& [name, properties, members] = change.group;
        if (change.is_new)
            TRY_VOID(transaction.hub_groups().insert({.course = course.id,
                                                      .name = name,
                                                      .properties = properties,
                                                      .roles = "",
                                                      .created_at = now}));
        for (auto const& member : members) {
            TRY(auto const user, transaction.users().find_by_name(member));
            TRY_VOID(transaction.hub_groups().add_member(course.id, name, user.id));
        }
    }
    return {};
}

}  // namespace carrel
