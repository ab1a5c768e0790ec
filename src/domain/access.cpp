#include "domain/access.hpp"

#include <algorithm>
#include <utility>

namespace carrel {

std::string_view name_of(AccessList list) {
    switch (list) {
        case AccessList::Allow:
            return "allow";
        case AccessList::Deny:
            return "deny";
        case AccessList::Administrators:
            return "administrators";
        case AccessList::Leaders:
            return "leaders";
        case AccessList::AllowGroups:
            return "allow_groups";
        case AccessList::DenyGroups:
            return "deny_groups";
    }
    std::unreachable();
}

Result<AccessList> parse_access_list(std::string_view name) {
    for (auto const list : access_lists)
        if (name == name_of(list)) return list;
    return fail_field("list",
                      "a list is one of allow, deny, administrators, leaders, allow_groups and "
                      "deny_groups");
}

bool has_groups(AccessList list) {
    return list == AccessList::AllowGroups || list == AccessList::DenyGroups;
}

std::string_view name_of(Admission admission) {
    switch (admission) {
        case Admission::Allowed:
            return "allowed";
        case Admission::Denied:
            return "denied";
        case Admission::NotListed:
            return "not_listed";
    }
    std::unreachable();
}

Result<Admission> parse_admission(std::string_view name) {
    for (auto const admission : {Admission::Allowed, Admission::Denied, Admission::NotListed})
        if (name == name_of(admission)) return admission;
    return fail_field("admission", "an admission is allowed, denied or not_listed");
}

void AccessLists::add(AccessList list, std::string value) {
    values_[static_cast<size_t>(list)].insert(std::move(value));
}

void AccessLists::add_all(AccessLists const& other) {
    for (auto const list : access_lists)
        for (auto const& value : other.of(list)) add(list, value);
    closed_ = closed_ || other.closed_;
}

bool AccessLists::has(AccessList list, std::string_view value) const {
    return of(list).contains(value);
}

std::set<std::string, std::less<>> const& AccessLists::of(AccessList list) const {
    return values_[static_cast<size_t>(list)];
}

bool AccessLists::closed() const {
    return closed_ || !of(AccessList::Allow).empty() || !of(AccessList::AllowGroups).empty();
}

Admission AccessLists::judge(AccessSubject const& subject) const {
    auto const in_one_of = [&](AccessList list) {
        return std::ranges::any_of(subject.groups,
                                   [&](auto const& group) { return has(list, group); });
    };
    if (has(AccessList::Deny, subject.name) || in_one_of(AccessList::DenyGroups))
        return Admission::Denied;
    bool const listed =
        !closed() || subject.administrator || has(AccessList::Allow, subject.name) ||
        has(AccessList::Administrators, subject.name) || has(AccessList::Leaders, subject.name) ||
        in_one_of(AccessList::AllowGroups);
    return listed ? Admission::Allowed : Admission::NotListed;
}

}  // namespace carrel
