#include "auth/directory/ldap_connection.hpp"

#include "base/text.hpp"

#include <ldap.h>
#include <sys/time.h>

#include <array>
#include <utility>

namespace carrel {

namespace {

constexpr char const* system_authorities = "/etc/ssl/certs/ca-certificates.crt";

/// What LDAP's result code means to us.
std::unexpected<Error> failed(std::string_view what, int code, std::string_view detail = {}) {
    auto const cause = fmt::format("{}: {}{}{}", what, ::ldap_err2string(code),
                                   detail.empty() ? "" : ": ", detail);
    switch (code) {
        case LDAP_SERVER_DOWN:
        case LDAP_TIMEOUT:
        case LDAP_UNAVAILABLE:
        case LDAP_BUSY:
        case LDAP_TIMELIMIT_EXCEEDED:
            return fail(Code::Unavailable, "{}", cause);
        case LDAP_INVALID_CREDENTIALS:
        case LDAP_INAPPROPRIATE_AUTH:
        case LDAP_NO_SUCH_OBJECT:
        case LDAP_INVALID_DN_SYNTAX:
        case LDAP_UNWILLING_TO_PERFORM:
            return fail(Code::Unauthenticated, "{}", cause);
        default:
            return fail(Code::Internal, "{}", cause);
    }
}

std::string diagnostic_of(ldap* handle) {
    char* text = nullptr;
    if (::ldap_get_option(handle, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text) != LDAP_OPT_SUCCESS ||
        text == nullptr)
        return {};
    std::string const diagnostic = for_log(text);
    ::ldap_memfree(text);
    return diagnostic;
}

/// For libldap all that goes wrong with TLS is a server that is not reached. One that was cut off
/// may be back in a moment; one whose certificate is not good, or that speaks no TLS, will not.
bool was_cut_off(std::string_view diagnostic) {
    for (auto const* const words : {"pull function", "push function", "terminated"})
        if (diagnostic.contains(words)) return true;
    return diagnostic.empty();  // there was no connection yet
}

Result<> connect_by_tls(ldap* handle, std::string_view url) {
    auto const code = ::ldap_connect(handle);
    if (code == LDAP_SUCCESS) return {};
    auto const diagnostic = diagnostic_of(handle);
    if (code != LDAP_SERVER_DOWN || was_cut_off(diagnostic)) return failed(url, code, diagnostic);
    return fail(Code::Internal,
                "{}: its certificate is none of an authority in ca_file, is out of date or for "
                "another host; or it speaks no TLS: {}",
                url, diagnostic);
}

/// Beside its answer a server with password policies (draft-behera-ldap-password-policy) says why
/// a password that is right is not enough. Empty: nothing.
std::string_view policy_problem(ldap* handle, LDAPControl** said) {
    auto* const found = ::ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE, said, nullptr);
    if (found == nullptr) return {};
    ber_int_t expires = 0;
    ber_int_t grace = 0;
    LDAPPasswordPolicyError error = PP_noError;
    if (::ldap_parse_passwordpolicy_control(handle, found, &expires, &grace, &error) !=
        LDAP_SUCCESS)
        return {};
    bool const stale = error == PP_passwordExpired || error == PP_changeAfterReset;
    return stale ? "password_expired" : "";
}

/// Active Directory says it in the text of its refusal, and only when the password is right.
std::string_view active_directory_problem(std::string_view diagnostic) {
    if (!diagnostic.contains("AcceptSecurityContext")) return {};
    for (auto const& [number, problem] :
         {std::pair("data 532,", "password_expired"), std::pair("data 773,", "password_expired"),
          std::pair("data 701,", "account_expired")})
        if (diagnostic.contains(number)) return problem;
    return {};
}

bool set_all(ldap* handle, LdapServer const& server) {
    timeval const patience{.tv_sec = server.seconds, .tv_usec = 0};
    int const version = LDAP_VERSION3;
    int const demand = LDAP_OPT_X_TLS_DEMAND;
    int const oldest = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
    int const client = 0;
    auto const* const authorities =
        server.ca_file.empty() ? system_authorities : server.ca_file.c_str();
    struct Option {
        int name;
        void const* value;
    };
    std::array const options{
        Option{LDAP_OPT_PROTOCOL_VERSION, &version}, Option{LDAP_OPT_NETWORK_TIMEOUT, &patience},
        Option{LDAP_OPT_TIMEOUT, &patience},
        // Another server is not given the password.
        Option{LDAP_OPT_REFERRALS, LDAP_OPT_OFF}, Option{LDAP_OPT_X_TLS_REQUIRE_CERT, &demand},
        Option{LDAP_OPT_X_TLS_PROTOCOL_MIN, &oldest},
        Option{LDAP_OPT_X_TLS_CACERTFILE, authorities},
        Option{LDAP_OPT_X_TLS_NEWCTX, &client},  // the last: it takes the others over
    };
    for (auto const& [name, value] : options)
        if (::ldap_set_option(handle, name, value) != LDAP_OPT_SUCCESS) return false;
    return true;
}

}  // namespace

std::string LdapEntry::first(std::string const& attribute) const {
    auto const found = attributes.find(to_lower(attribute));
    return found == attributes.end() || found->second.empty() ? "" : found->second.front();
}

void LdapConnection::Close::operator()(ldap* handle) const {
    ::ldap_unbind_ext_s(handle, nullptr, nullptr);
}

Result<LdapConnection> LdapConnection::open(LdapServer const& server) {
    ldap* handle = nullptr;
    if (auto const code = ::ldap_initialize(&handle, server.url.c_str()); code != LDAP_SUCCESS)
        return failed(server.url, code);
    LdapConnection connection(handle, server.seconds);
    if (!set_all(handle, server))
        return fail(Code::Internal, "{}: TLS cannot be set up; is ca_file right?", server.url);
    if (server.url.starts_with("ldaps:")) TRY_VOID(connect_by_tls(handle, server.url));
    if (!server.start_tls) return connection;
    auto const code = ::ldap_start_tls_s(handle, nullptr, nullptr);
    // A certificate that is not trusted is no server that does not answer.
    if (code == LDAP_CONNECT_ERROR)
        return fail(Code::Internal, "{}: StartTLS: {}", server.url, diagnostic_of(handle));
    if (code != LDAP_SUCCESS) return failed(server.url + ": StartTLS", code, diagnostic_of(handle));
    return connection;
}

Result<> LdapConnection::bind(std::string const& dn, std::string const& password) {
    if (dn.empty() || password.empty())
        return fail(Code::InvalidArgument, "an empty name or password asks as nobody");
    auto* const handle = handle_.get();
    LDAPControl* wish = nullptr;
    if (::ldap_create_passwordpolicy_control(handle, &wish) != LDAP_SUCCESS)
        return fail(Code::Internal, "bind: no memory");
    std::unique_ptr<LDAPControl, void (*)(LDAPControl*)> const owned_wish(wish,
                                                                          &::ldap_control_free);
    std::array<LDAPControl*, 2> wishes{wish, nullptr};
    berval credentials{.bv_len = password.size(), .bv_val = const_cast<char*>(password.data())};
    int question = 0;
    auto code = ::ldap_sasl_bind(handle, dn.c_str(), LDAP_SASL_SIMPLE, &credentials, wishes.data(),
                                 nullptr, &question);
    if (code != LDAP_SUCCESS) return failed("bind", code, diagnostic_of(handle));

    timeval patience{.tv_sec = seconds_, .tv_usec = 0};
    LDAPMessage* answer = nullptr;
    auto const kind = ::ldap_result(handle, question, LDAP_MSG_ALL, &patience, &answer);
    std::unique_ptr<LDAPMessage, int (*)(LDAPMessage*)> const owned_answer(answer, &::ldap_msgfree);
    if (kind == 0) return failed("bind", LDAP_TIMEOUT);
    if (kind < 0) {
        ::ldap_get_option(handle, LDAP_OPT_RESULT_CODE, &code);
        return failed("bind", code, diagnostic_of(handle));
    }
    LDAPControl** said = nullptr;
    if (auto const parsed =
            ::ldap_parse_result(handle, answer, &code, nullptr, nullptr, nullptr, &said, 0);
        parsed != LDAP_SUCCESS)
        return failed("bind", parsed);
    std::unique_ptr<LDAPControl*, void (*)(LDAPControl**)> const owned_said(said,
                                                                            &::ldap_controls_free);
    auto const diagnostic = diagnostic_of(handle);
    auto problem = policy_problem(handle, said);
    if (problem.empty() && code != LDAP_SUCCESS) problem = active_directory_problem(diagnostic);
    if (!problem.empty())
        return std::unexpected(Error{
            Code::PermissionDenied, fmt::format("bind: {} {}", ::ldap_err2string(code), diagnostic),
            std::string(problem)});
    if (code == LDAP_SUCCESS) return {};
    return failed("bind", code, diagnostic);
}

std::vector<LdapEntry> LdapConnection::read(void* result) {
    std::vector<LdapEntry> entries;
    auto* const handle = handle_.get();
    for (auto* entry = ::ldap_first_entry(handle, static_cast<LDAPMessage*>(result));
         entry != nullptr; entry = ::ldap_next_entry(handle, entry)) {
        LdapEntry found;
        if (auto* const dn = ::ldap_get_dn(handle, entry)) {
            found.dn = dn;
            ::ldap_memfree(dn);
        }
        BerElement* position = nullptr;
        for (auto* name = ::ldap_first_attribute(handle, entry, &position); name != nullptr;
             name = ::ldap_next_attribute(handle, entry, position)) {
            auto& values = found.attributes[to_lower(name)];
            if (auto** const all = ::ldap_get_values_len(handle, entry, name)) {
                for (auto** each = all; *each != nullptr; ++each)
                    values.emplace_back((*each)->bv_val, (*each)->bv_len);
                ::ldap_value_free_len(all);
            }
            ::ldap_memfree(name);
        }
        if (position != nullptr) ::ber_free(position, 0);
        entries.push_back(std::move(found));
    }
    return entries;
}

Result<std::vector<LdapEntry>> LdapConnection::search(LdapSearch const& wanted) {
    std::vector<char*> attributes;
    for (auto const& each : wanted.attributes)
        if (!each.empty()) attributes.push_back(const_cast<char*>(each.c_str()));
    attributes.push_back(nullptr);
    timeval patience{.tv_sec = seconds_, .tv_usec = 0};
    auto const scope = wanted.scope == LdapScope::Entry ? LDAP_SCOPE_BASE : LDAP_SCOPE_SUBTREE;
    LDAPMessage* result = nullptr;
    auto const code = ::ldap_search_ext_s(handle_.get(), wanted.base.c_str(), scope,
                                          wanted.filter.c_str(), attributes.data(), 0, nullptr,
                                          nullptr, &patience, wanted.most, &result);
    std::unique_ptr<LDAPMessage, int (*)(LDAPMessage*)> const owned(result, &::ldap_msgfree);
    if (code == LDAP_NO_SUCH_OBJECT) return std::vector<LdapEntry>{};
    bool const cut = code == LDAP_SIZELIMIT_EXCEEDED;
    if (code != LDAP_SUCCESS && !cut) {
        auto const error = failed("search in " + wanted.base, code, diagnostic_of(handle_.get()));
        // Only a password can be wrong.
        if (error.error().code == Code::Unauthenticated)
            return fail(Code::Internal, "{}", error.error().message);
        return error;
    }
    return read(result);
}

std::string ldap_short_name(std::string const& dn) {
    LDAPDN parts = nullptr;
    if (::ldap_str2dn(dn.c_str(), &parts, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS ||
        parts == nullptr)
        return {};
    std::string name;
    if (parts[0] != nullptr && parts[0][0] != nullptr && parts[0][1] == nullptr)
        name.assign(parts[0][0]->la_value.bv_val, parts[0][0]->la_value.bv_len);
    ::ldap_dnfree(parts);
    return name;
}

}  // namespace carrel
