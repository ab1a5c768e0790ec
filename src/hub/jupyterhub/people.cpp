#include "hub/jupyterhub/people.hpp"

#include <algorithm>

namespace carrel::jupyterhub {

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
    TRY(auto users, transaction.users().find_all(ids));
    TRY(auto groups, transaction.hub_groups().memberships(course.id));
    std::vector<Person> people;
    for (auto& [id, user] : users) {
        bool const leads = std::ranges::find(course.leaders, id) != course.leaders.end();
        rbac::Standing const standing{
            .administrator = user.administrator, .leads = leads, .participates = true};
        Person person{.user = std::move(user)};
        person.roles = own_roles(roles, course, person.user.name, standing);
        if (auto const found = groups.find(id); found != groups.end())
            person.groups = std::move(found->second);
        people.push_back(std::move(person));
    }
    return people;
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
