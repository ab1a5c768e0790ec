#include "hub/jupyterhub/people.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "hub/hub_access.hpp"

#include <algorithm>
#include <ranges>

namespace carrel::jupyterhub {

namespace {

/// Up to so many it is quicker to read all than to look for a part of them.
constexpr long long small_course = 1000;
/// A page for more than so many is read without counting first.
constexpr long long much_room = 10'000;
/// Up to so many, groups are asked for one by one.
constexpr size_t few_people = 200;

void give_roles(Person& person, rbac::RoleBook const& roles, Course const& course) {
    rbac::Standing const standing{.administrator = person.user.administrator,
                                  .leads = course.led_by(person.user.id),
                                  .participates = true};
    person.roles = own_roles(roles, course, person.user.name, standing);
}

using Groups = std::map<UserId, std::vector<std::string>>;

/// The groups of these people, and maybe of others, by name.
template <std::ranges::sized_range Ids>
Result<Groups> groups_of(Transaction& transaction, Course const& course, Ids const& ids) {
    // Most courses have none: one question instead of one for each person.
    TRY(auto const all, transaction.hub_groups().of_course(course.id));
    if (all.empty()) return Groups();
    if (ids.size() > few_people) return transaction.hub_groups().memberships(course.id);
    Groups found;
    for (UserId const& id : ids) {
        TRY(auto const groups, transaction.hub_groups().of_user(course.id, id));
        for (auto const& group : groups) found[id].push_back(group.name);
    }
    return found;
}

void give_groups(Person& person, Groups const& groups) {
    auto const found = groups.find(person.user.id);
    person.groups = found == groups.end() ? std::vector<std::string>() : found->second;
}

Result<std::vector<Person>> people_with(Transaction& transaction, rbac::RoleBook const& roles,
                                        Course const& course, std::vector<UserId> const& ids) {
    TRY(auto users, transaction.users().find_all(ids));
    std::vector<Person> people;
    people.reserve(users.size());
    TRY(auto const groups, groups_of(transaction, course, users | std::views::keys));
    for (auto& [id, user] : users) {
        auto& person = people.emplace_back(Person{.user = std::move(user)});
        give_roles(person, roles, course);
        give_groups(person, groups);
    }
    return people;
}

/// How many take part: those who are accepted, and leaders who are not.
Result<long long> count_people(Transaction& transaction, Course const& course) {
    TRY(auto counts, transaction.applications().count(course.id));
    auto total = counts[ApplicationState::Accepted];
    for (auto const& leader : course.leaders) {
        auto const application = transaction.applications().find(course.id, leader);
        if (!application && application.error().code != Code::NotFound)
            return std::unexpected(application.error());
        if (!application || application->state != ApplicationState::Accepted) ++total;
    }
    return total;
}

/// Where a page ended, and how many there were in all.
struct Place {
    long long total = 0;
    Users::CoursePage::Place last;
};

std::string write_place(long long total, Users::Listed const& last) {
    return to_base64url(
        fmt::format("{} {} {}", total, last.created_at.time_since_epoch().count(), last.name));
}

Result<Place> read_place(std::string_view text) {
    auto const wrong =
        fail(Code::InvalidArgument, "'after' is no place of this list: begin again without it");
    auto const place = from_base64url(text);
    if (!place) return wrong;
    auto const first = place->find(' ');
    auto const second = place->find(' ', first + 1);
    if (first == std::string::npos || second == std::string::npos) return wrong;
    auto const total = parse_whole(std::string_view(*place).substr(0, first));
    auto const created =
        parse_whole(std::string_view(*place).substr(first + 1, second - first - 1));
    if (!total || !created) return wrong;
    return Place{
        .total = *total,
        .last = {.created_at = Time(Milliseconds(*created)), .name = place->substr(second + 1)}};
}

}  // namespace

Result<std::vector<Person>> people_of(Transaction& transaction, rbac::RoleBook const& roles,
                                      Course const& course) {
    std::vector<UserId> ids = course.leaders;
    Page page{.limit = 1000, .after = {}};
    for (;;) {
        TRY(auto const some,
            transaction.applications().of_course(course.id, ApplicationState::Accepted, page));
        for (auto const& each : some) ids.push_back(each.user);
        if (some.size() < static_cast<size_t>(page.limit)) break;
        page.after = some.back().user.value();
    }
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return people_with(transaction, roles, course, ids);
}

Result<std::vector<Person>> people_of(Transaction& transaction, rbac::RoleBook const& roles,
                                      Course const& course, std::set<UserId> const& only) {
    std::vector<UserId> ids;
    for (auto const& id : only) {
        TRY(bool const entitled, may_have_server(transaction, course, id));
        if (entitled) ids.push_back(id);
    }
    return people_with(transaction, roles, course, ids);
}

Result<std::optional<PeoplePage>> show_people(Transaction& transaction, rbac::RoleBook const& roles,
                                              Course const& course, Users::CoursePage page,
                                              std::string_view after,
                                              std::function<void(Person const&)> const& show) {
    PeoplePage found;
    // A page that has room for everybody tells itself how many there are.
    bool const has_room = after.empty() && page.offset == 0 && page.limit > much_room;
    if (has_room) {
        found.total = page.limit + 1;
    } else if (after.empty()) {
        TRY(found.total, count_people(transaction, course));
        if (found.total <= small_course) return std::nullopt;
    } else {
        TRY(auto const place, read_place(after));
        found.total = place.total;
        page.after = place.last;
    }
    // One more tells whether there are others, whoever has come or gone since they were counted.
    auto const limit = static_cast<size_t>(page.limit++);
    TRY(auto users, transaction.users().in_course(course.id, page));
    auto const seen = page.offset + static_cast<long long>(users.size());
    if (has_room && seen <= small_course) return std::nullopt;
    if (has_room && users.size() > limit) {
        TRY(found.total, count_people(transaction, course));
    }
    found.total = users.size() > limit ? std::max(found.total, seen) : std::min(found.total, seen);
    if (users.size() > limit) users.pop_back();
    if (!users.empty()) found.place = write_place(found.total, users.back());
    TRY(auto const groups,
        groups_of(transaction, course, users | std::views::transform(&Users::Listed::id)));
    Person person;
    for (auto& user : users) {
        person.user.id = std::move(user.id);
        person.user.name = std::move(user.name);
        person.user.administrator = user.administrator;
        person.user.created_at = user.created_at;
        person.user.last_login_at = user.last_login_at;
        give_roles(person, roles, course);
        give_groups(person, groups);
        show(person);
    }
    return found;
}

Result<Person> find_person(Transaction& transaction, rbac::RoleBook const& roles,
                           Course const& course, std::string_view name) {
    Person person;
    TRY(person.user, find_user_of_hub(transaction, course, name));
    TRY(auto rights, rights_of(transaction, roles, course, person.user));
    person.roles = std::move(rights.roles);
    person.groups = std::move(rights.groups);
    return person;
}

}  // namespace carrel::jupyterhub
