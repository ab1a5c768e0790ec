#include "auth/directory/ldap_check.hpp"

#include "auth/directory/child_directory.hpp"
#include "auth/directory/ldap_connection.hpp"
#include "auth/directory/ldap_escape.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace carrel {

namespace {

using nlohmann::json;

constexpr int most_groups = 500;

class LdapCheck {
public:
    explicit LdapCheck(json const& question) : question_(question) {}

    json answer() {
        auto const servers = question_.value("servers", std::vector<std::string>());
        json refusal = refusal_of("misconfigured", "there is no server");
        auto const seconds =
            question_.value("seconds", 10) / std::max(1, static_cast<int>(servers.size()));
        for (auto const& url : servers) {
            server_ = {.url = url,
                       .start_tls = question_.value("start_tls", false),
                       .ca_file = text("ca_file"),
                       .seconds = std::max(1, seconds)};
            auto const person = ask();
            if (person) return answer_of(*person);
            refusal = refused(person.error());
            // Only one that does not answer leaves the question to the next.
            if (person.error().code != Code::Unavailable) return refusal;
        }
        return refusal;
    }

private:
    [[nodiscard]] std::string text(char const* key) const { return question_.value(key, ""); }

    static json refused(Error const& error) {
        if (!error.field.empty()) return refusal_of(error.field, error.message);
        if (error.code == Code::Unauthenticated) return refusal_of("wrong", error.message);
        if (error.code == Code::Unavailable) return refusal_of("unavailable", error.message);
        return refusal_of("misconfigured", error.message);
    }

    [[nodiscard]] std::string filled(char const* key, std::string const& dn = {}) const {
        auto const username = text("username");
        return ldap_filled(text(key), {{"username", username}, {"dn", dn}});
    }

    [[nodiscard]] std::vector<std::string> wanted() const {
        std::vector<std::string> names;
        for (auto const* const key : {"subject_claim", "username_claim", "display_name_claim",
                                      "email_claim", "groups_claim"})
            names.push_back(text(key));
        return names;
    }

    /// As the service account, or as nobody.
    Result<LdapConnection> as_service() {
        TRY(auto connection, LdapConnection::open(server_));
        if (text("bind_dn").empty()) return connection;
        auto bound = connection.bind(text("bind_dn"), text("bind_password"));
        if (bound) return connection;
        // Whatever is wrong with its password, the person cannot help it.
        if (bound.error().code == Code::Unavailable) return std::unexpected(bound.error());
        return fail(Code::Internal, "bind_dn: {}", bound.error().message);
    }

    Result<ProviderPerson> ask() {
        if (text("password").empty())
            return fail(Code::Unauthenticated, "an empty password is none");
        return text("user_dn").empty() ? search_and_bind() : bind_and_read();
    }

    Result<ProviderPerson> bind_and_read() {
        TRY(auto connection, LdapConnection::open(server_));
        auto const dn = filled("user_dn");
        TRY_VOID(connection.bind(dn, text("password")));
        TRY(auto const entries,
            connection.search({.base = dn, .scope = LdapScope::Entry, .attributes = wanted()}));
        if (entries.empty()) return fail(Code::Internal, "{} may not read their own entry", dn);
        return person_of(entries.front(), connection);
    }

    Result<ProviderPerson> search_and_bind() {
        TRY(auto service, as_service());
        TRY(auto const entries, service.search({.base = text("search_base"),
                                                .filter = filled("search_filter"),
                                                .attributes = wanted()}));
        if (entries.empty()) return fail(Code::Unauthenticated, "there is no such entry");
        if (entries.size() > 1)
            return fail(Code::Internal, "search_filter finds several entries for one name");
        TRY(auto user, LdapConnection::open(server_));
        TRY_VOID(user.bind(entries.front().dn, text("password")));
        return person_of(entries.front(), service);
    }

    Result<ProviderPerson> person_of(LdapEntry const& entry, LdapConnection& connection) {
        ProviderPerson person;
        auto const subject = entry.first(text("subject_claim"));
        if (subject.empty())
            return fail(Code::Internal, "the entry {} has no {}, or it may not be read", entry.dn,
                        text("subject_claim"));
        // Active Directory's are bytes.
        person.subject = is_printable_utf8(subject) ? subject : to_hex(subject);
        person.username = entry.first(text("username_claim"));
        if (person.username.empty())
            return fail(Code::Internal, "the entry {} has no {}, or it may not be read", entry.dn,
                        text("username_claim"));
        person.display_name = entry.first(text("display_name_claim"));
        person.email = entry.first(text("email_claim"));
        if (auto const found = entry.attributes.find(to_lower(text("groups_claim")));
            found != entry.attributes.end())
            for (auto const& group : found->second) add_group(person, group);
        if (text("group_base").empty()) return person;
        TRY(auto const groups, connection.search({.base = text("group_base"),
                                                  .filter = filled("group_filter", entry.dn),
                                                  .attributes = {"1.1"},
                                                  .most = most_groups}));
        for (auto const& group : groups) add_group(person, group.dn);
        return person;
    }

    /// By its whole name, and by the first part of it.
    static void add_group(ProviderPerson& person, std::string const& dn) {
        person.groups.push_back(dn);
        auto const name = ldap_short_name(dn);
        if (!name.empty()) person.groups.push_back(name);
    }

    json const& question_;
    LdapServer server_;
};

}  // namespace

json check_by_ldap(json const& question) { return LdapCheck(question).answer(); }

}  // namespace carrel
