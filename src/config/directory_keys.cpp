/// The keys of [logins.<name>] for directories: Unix accounts and LDAP.

#include "config/keys.hpp"

namespace carrel {

namespace {

std::vector<Key<LoginSettings>> const all_directory_keys{
    {"",
     "service",
     [](LoginSettings& s) -> Field { return &s.service; },
     {},
     {},
     "Unix accounts: the PAM service, a file in `/etc/pam.d`; empty: `carrel`."},
    {"",
     "minimum_uid",
     [](LoginSettings& s) -> Field { return &s.minimum_uid; },
     {1, 2147483647},
     {},
     "Unix accounts: whose number is below is an account of the system and never let in. Root "
     "never is."},
    {"",
     "check_timeout_seconds",
     [](LoginSettings& s) -> Field { return &s.check_timeout; },
     {1, 60},
     {},
     "Unix accounts and LDAP: how long one question may take; then its process is killed."},
    {"",
     "servers",
     [](LoginSettings& s) -> Field { return &s.servers; },
     {},
     {},
     "LDAP: the addresses of the servers, `ldaps://ldap.example.org` or `ldap://…`; the next is "
     "asked when one does not answer. Needed."},
    {"",
     "start_tls",
     [](LoginSettings& s) -> Field { return &s.start_tls; },
     {},
     {},
     "LDAP: whether `ldap://` becomes TLS by StartTLS before anything is said."},
    {"",
     "insecure",
     [](LoginSettings& s) -> Field { return &s.insecure; },
     {},
     {},
     "LDAP: whether passwords may go to another machine without TLS. Not wise."},
    {"",
     "user_dn",
     [](LoginSettings& s) -> Field { return &s.user_dn; },
     {},
     {},
     "LDAP: whose name people bind as, `uid={username},ou=people,dc=example,dc=org`; empty: they "
     "are searched for."},
    {"",
     "search_base",
     [](LoginSettings& s) -> Field { return &s.search_base; },
     {},
     {},
     "LDAP: below which entry people are searched for."},
    {"",
     "search_filter",
     [](LoginSettings& s) -> Field { return &s.search_filter; },
     {},
     {},
     "LDAP: how somebody is found, `(uid={username})`. What is typed is escaped."},
    {"",
     "bind_dn",
     [](LoginSettings& s) -> Field { return &s.bind_dn; },
     {},
     {},
     "LDAP: as whom is searched; empty: as nobody."},
    {"",
     "bind_password_file",
     [](LoginSettings& s) -> Field { return &s.bind_password_file; },
     {},
     {},
     "LDAP: the file with its password; only its owner should be able to read it."},
    {"",
     "group_base",
     [](LoginSettings& s) -> Field { return &s.group_base; },
     {},
     {},
     "LDAP: below which entry groups are searched for; empty: only `groups_claim` tells groups."},
    {"",
     "group_filter",
     [](LoginSettings& s) -> Field { return &s.group_filter; },
     {},
     {},
     "LDAP: which groups are somebody's; `{dn}` is their entry's name, `{username}` what they "
     "typed. Empty: `(&(objectClass=groupOfNames)(member={dn}))`."},
};

}  // namespace

std::span<Key<LoginSettings> const> directory_keys() { return all_directory_keys; }

}  // namespace carrel
