#pragma once

/// Who may in: lists for the whole installation, and what they say of one person. Pure values;
/// where the lists come from is the business of auth/access.
///
/// Names are in the normal form of `parse_user_name`, groups as providers write them.

#include "base/clock.hpp"
#include "base/result.hpp"

#include <array>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace carrel {

enum class AccessList {
    Allow,           ///< "allow": people who may in
    Deny,            ///< "deny": people who may not, whatever else is said of them
    Administrators,  ///< "administrators": may in, and have the role
    Leaders,         ///< "leaders": likewise
    AllowGroups,     ///< "allow_groups": of providers; who is in one may in
    DenyGroups,      ///< "deny_groups": who is in one may not
};
inline constexpr std::array access_lists{AccessList::Allow,          AccessList::Deny,
                                         AccessList::Administrators, AccessList::Leaders,
                                         AccessList::AllowGroups,    AccessList::DenyGroups};
[[nodiscard]] std::string_view name_of(AccessList list);
[[nodiscard]] Result<AccessList> parse_access_list(std::string_view name);
/// Whether what is on it are groups, and not people.
[[nodiscard]] bool has_groups(AccessList list);

/// What the lists say of a person.
enum class Admission {
    Allowed,    ///< "allowed"
    Denied,     ///< "denied": on a list of those who may not
    NotListed,  ///< "not_listed": there is a list of those who may, and they are not on it
};
[[nodiscard]] std::string_view name_of(Admission admission);
[[nodiscard]] Result<Admission> parse_admission(std::string_view name);

/// A line of a list, as an administrator has written it in the UI or with a command.
struct AccessEntry {
    AccessList list = AccessList::Allow;
    std::string value;
    std::string added_by;  ///< a user name; empty: on the command line of the machine
    Time added_at;
};

/// A person as the lists see them.
struct AccessSubject {
    std::string name;
    bool administrator = false;  ///< by hand or by a provider, not by a list
    std::vector<std::string> groups;
};

/// All lists of one place, or of all places together.
class AccessLists {
public:
    void add(AccessList list, std::string value);
    void add_all(AccessLists const& other);
    /// There is a list of those who may in, even if nobody is on it.
    void close() { closed_ = true; }

    [[nodiscard]] bool has(AccessList list, std::string_view value) const;
    [[nodiscard]] std::set<std::string, std::less<>> const& of(AccessList list) const;
    /// Whether there is a list of those who may in.
    [[nodiscard]] bool closed() const;
    /// Deny wins over everything. Administrators need no list, so that a new one locks none of
    /// them out.
    [[nodiscard]] Admission judge(AccessSubject const& subject) const;

    bool operator==(AccessLists const&) const = default;

private:
    std::array<std::set<std::string, std::less<>>, access_lists.size()> values_;
    bool closed_ = false;
};

}  // namespace carrel
