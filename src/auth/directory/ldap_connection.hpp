#pragma once

/// A connection to an LDAP server, by libldap. In a child process alone: it blocks, and its time
/// limits do not hold for everything that it does.

#include "base/result.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

// NOLINTNEXTLINE(readability-identifier-naming): libldap's own name
struct ldap;

namespace carrel {

struct LdapServer {
    std::string url;  ///< "ldaps://host" or "ldap://host:389"
    bool start_tls = false;
    std::string ca_file;
    int seconds = 10;  ///< for each answer
};

/// An entry's name, and its attributes by names in small letters.
struct LdapEntry {
    std::string dn;
    std::map<std::string, std::vector<std::string>> attributes;

    /// The first value; empty: there is none.
    [[nodiscard]] std::string first(std::string const& attribute) const;
};

enum class LdapScope { Entry, Subtree };

struct LdapSearch {
    std::string base;
    LdapScope scope = LdapScope::Subtree;
    std::string filter = "(objectClass=*)";
    std::vector<std::string> attributes;
    int most = 2;  ///< entries
};

class LdapConnection {
public:
    /// TLS is made where it is asked for, with a certificate that is checked.
    /// Unavailable: the server is not reached. Internal: it is, and cannot be trusted or used.
    [[nodiscard]] static Result<LdapConnection> open(LdapServer const& server);

    /// Unauthenticated: not with this password. InvalidArgument: name or password is empty, which
    /// would ask as nobody (RFC 4513 section 5.1.2). PermissionDenied: the password is right, and
    /// good no more; the field is "password_expired" or "account_expired". Unavailable, Internal:
    /// as `open`.
    [[nodiscard]] Result<> bind(std::string const& dn, std::string const& password);

    /// At most `most` entries; none when the base is not there. Unavailable, Internal: as `open`.
    [[nodiscard]] Result<std::vector<LdapEntry>> search(LdapSearch const& wanted);

private:
    struct Close {
        void operator()(ldap* handle) const;
    };
    explicit LdapConnection(ldap* handle, int seconds) : handle_(handle), seconds_(seconds) {}
    std::vector<LdapEntry> read(void* result);

    std::unique_ptr<ldap, Close> handle_;
    int seconds_;
};

/// What a group is called: of "cn=staff,ou=groups,dc=x" the "staff"; empty: it is no name.
[[nodiscard]] std::string ldap_short_name(std::string const& dn);

}  // namespace carrel
