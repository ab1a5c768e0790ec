/// What of a [logins.<name>] is for directories, and what is not.

#include "config/login_settings.hpp"

#include "config/begin_at.hpp"
#include "config/loopback.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

namespace carrel {

namespace {

std::unexpected<Error> wrong(LoginSettings const& login, std::string_view key,
                             std::string_view what) {
    auto const name = fmt::format("logins.{}.{}", login.name, key);
    return fail_field(name, "{} {}", name, what);
}

/// What belongs to providers that have a page of their own.
Result<> refuse_what_providers_have(LoginSettings const& login) {
    for (auto const& [key, value] :
         {std::pair("preset", &login.preset), std::pair("issuer", &login.issuer),
          std::pair("authorize_url", &login.authorize_url),
          std::pair("token_url", &login.token_url), std::pair("user_url", &login.user_url),
          std::pair("client_id", &login.client_id),
          std::pair("client_secret", &login.client_secret),
          std::pair("client_secret_file", &login.client_secret_file)})
        if (!value->empty())
            return wrong(login, key, fmt::format("is of no use with kind = \"{}\"", login.kind));
    if (!login.scopes.empty()) return wrong(login, "scopes", "is of no use: it belongs to OAuth 2");
    if (login.log_out_at_provider)
        return wrong(login, "log_out_at_provider", "is of no use: there is no page to log out at");
    if (login.refresh_every.count() > 0)
        return wrong(login, "refresh_seconds", "is of no use: it belongs to OAuth 2");
    return {};
}

Result<> finish_pam(LoginSettings& login) {
    for (auto const& [key, value] :
         {std::pair("subject_claim", &login.subject_claim),
          std::pair("username_claim", &login.username_claim),
          std::pair("display_name_claim", &login.display_name_claim),
          std::pair("email_claim", &login.email_claim),
          std::pair("groups_claim", &login.groups_claim), std::pair("ca_file", &login.ca_file)})
        if (!value->empty()) return wrong(login, key, "is of no use: Unix accounts have no such");
    if (login.service.empty()) login.service = "carrel";
    bool const plain = std::ranges::all_of(login.service, [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
               letter == '-' || letter == '_';
    });
    if (!plain)
        return wrong(login, "service",
                     "is the name of a file in /etc/pam.d: a to z, 0 to 9, - and _");
    if (login.title.empty()) login.title = "Unix account";
    return {};
}

bool is_this_machine(std::string_view rest) {
    auto const host = rest.substr(0, rest.find('/'));
    if (host.starts_with('[')) return is_loopback_name(host.substr(1, host.find(']') - 1));
    return is_loopback_name(host.substr(0, host.find(':')));
}

/// Passwords do not cross a network that others can listen to.
Result<> check_server(LoginSettings const& login, std::string_view url) {
    constexpr std::string_view with_tls = "ldaps://";
    constexpr std::string_view without = "ldap://";
    bool const tls = url.starts_with(with_tls);
    auto const rest = tls                        ? url.substr(with_tls.size())
                      : url.starts_with(without) ? url.substr(without.size())
                                                 : std::string_view();
    if (rest.empty() || rest.front() == '/' ||
        rest.find_first_of(" \t\r\n,?@") != std::string_view::npos)
        return wrong(login, "servers", "are addresses like ldaps://ldap.example.org");
    if (tls && login.start_tls)
        return wrong(login, "start_tls", "is of no use with ldaps://, which is TLS from the start");
    if (tls || login.start_tls || login.insecure || is_this_machine(rest)) return {};
    return wrong(login, "servers",
                 fmt::format("has {} without TLS: use ldaps://, or start_tls = "
                             "true",
                             url));
}

Result<> finish_search(LoginSettings& login) {
    constexpr std::string_view typed = "{username}";
    bool const direct = !login.user_dn.empty();
    if (direct && login.user_dn.find(typed) == std::string::npos)
        return wrong(login, "user_dn", "has no {username}");
    if (direct && (!login.search_base.empty() || !login.bind_dn.empty()))
        return wrong(login, "search_base", "and bind_dn are of no use beside user_dn");
    if (!direct && login.search_base.empty())
        return wrong(login, "search_base", "is missing, and so is user_dn");
    if (login.search_filter.empty()) login.search_filter = "(uid={username})";
    if (login.search_filter.find(typed) == std::string::npos)
        return wrong(login, "search_filter", "has no {username}");
    if (login.group_filter.empty())
        login.group_filter = "(&(objectClass=groupOfNames)(member={dn}))";
    return {};
}

Result<> finish_ldap(LoginSettings& login, std::filesystem::path const& folder) {
    if (login.servers.empty()) return wrong(login, "servers", "is missing");
    for (auto const& url : login.servers) TRY_VOID(check_server(login, url));
    TRY_VOID(finish_search(login));
    if (login.bind_dn.empty() != login.bind_password_file.empty())
        return wrong(login, "bind_dn", "and bind_password_file belong together");
    if (!login.bind_password_file.empty()) {
        auto const path = folder / login.bind_password_file;
        std::ifstream file(path);
        if (!std::getline(file, login.bind_password) || login.bind_password.empty())
            return wrong(login, "bind_password_file",
                         fmt::format("cannot be read, or is empty ({})", path.string()));
    }
    begin_at(folder, login.ca_file);
    if (!login.ca_file.empty() && !std::ifstream(login.ca_file))
        return wrong(login, "ca_file", fmt::format("cannot be read ({})", login.ca_file));
    for (auto const& [field, usual] :
         {std::pair(&login.subject_claim, "entryUUID"), std::pair(&login.username_claim, "uid"),
          std::pair(&login.display_name_claim, "cn"), std::pair(&login.email_claim, "mail"),
          std::pair(&login.groups_claim, "memberOf")})
        if (field->empty()) *field = usual;
    if (login.title.empty()) login.title = login.name;
    return {};
}

}  // namespace

Result<> finish_directory(LoginSettings& login, std::filesystem::path const& folder) {
    TRY_VOID(refuse_what_providers_have(login));
    return login.kind == "pam" ? finish_pam(login) : finish_ldap(login, folder);
}

}  // namespace carrel
