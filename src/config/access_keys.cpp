/// The keys of [access]: who may in.

#include "config/keys.hpp"

namespace carrel {

std::vector<Key<Settings>> const& access_keys() {
    static std::vector<Key<Settings>> const keys{
        {"access",
         "allow",
         [](Settings& s) -> Field { return &s.access.allow; },
         {},
         {},
         "People who may in, by user name. With this, `allow_groups` or `userlist`, nobody else "
         "may, but administrators. Further people are listed in the pages or by `carrel access`."},
        {"access",
         "deny",
         [](Settings& s) -> Field { return &s.access.deny; },
         {},
         {},
         "People who may not, whatever else is said of them. Whoever is in is out at once."},
        {"access",
         "administrators",
         [](Settings& s) -> Field { return &s.access.administrators; },
         {},
         {},
         "They may in, and are administrators from their next log-in on. Off the list, the role "
         "goes at the log-in after that, unless it was also given by hand."},
        {"access",
         "leaders",
         [](Settings& s) -> Field { return &s.access.leaders; },
         {},
         {},
         "They may in, and may lead courses; likewise."},
        {"access",
         "allow_groups",
         [](Settings& s) -> Field { return &s.access.allow_groups; },
         {},
         {},
         "Groups, as providers tell them at a log-in, whose people may in; `campus:physics` is the "
         "group of `[logins.campus]` alone."},
        {"access",
         "deny_groups",
         [](Settings& s) -> Field { return &s.access.deny_groups; },
         {},
         {},
         "Groups whose people may not."},
        {"access",
         "userlist",
         [](Settings& s) -> Field { return &s.access.userlist; },
         {},
         {},
         "A file of people who may in: a name a line, `admin` behind it for an administrator. It "
         "counts as soon as it changes. Empty: none."},
        {"access",
         "contact",
         [](Settings& s) -> Field { return &s.access.contact; },
         {},
         {},
         "Whom to ask who is not let in, as an address; they read it. Empty: whoever runs it."},
    };
    return keys;
}

}  // namespace carrel
