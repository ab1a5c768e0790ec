#include "auth/provider/github_provider.hpp"

#include "auth/provider/login_failure.hpp"
#include "runtime/log.hpp"

namespace carrel {

namespace {

using nlohmann::json;

constexpr size_t page_size = 100;
constexpr int most_pages = 20;

bool groups_matter(ProviderSettings const& settings) {
    return !settings.administrator_groups.empty() || !settings.leader_groups.empty() ||
           !settings.allowed_groups.empty();
}

/// ".../user", below which the rest is.
std::string const& api_of(ProviderSettings const& settings) { return settings.user_url; }

}  // namespace

Result<std::vector<json>> GithubProvider::list(std::string const& path, std::string const& token) {
    std::vector<json> all;
    for (int page = 1; page <= most_pages; ++page) {
        auto const url =
            with_query(api_of(settings()) + path,
                       {{"per_page", std::to_string(page_size)}, {"page", std::to_string(page)}});
        TRY(auto const body, http().get(url, token));
        auto items = json::parse(body, nullptr, false);
        if (!items.is_array())
            return login_failure("misconfigured", Code::Unavailable, "GET {}: no list", url);
        auto const count = items.size();
        for (auto& item : items) all.push_back(std::move(item));
        if (count < page_size) return all;
    }
    return all;
}

Result<> GithubProvider::add_groups(ProviderPerson& person, std::string const& token) {
    person.groups.clear();
    TRY(auto const organisations, list("/orgs", token));
    for (auto const& each : organisations)
        if (auto const name = claim_text(each, "login"); !name.empty())
            person.groups.push_back(name);
    TRY(auto const teams, list("/teams", token));
    for (auto const& each : teams) {
        auto const slug = claim_text(each, "slug");
        auto const organisation =
            claim_text(each.is_object() ? each.value("organization", json()) : json(), "login");
        if (!slug.empty() && !organisation.empty())
            person.groups.push_back(organisation + "/" + slug);
    }
    return {};
}

Result<> GithubProvider::complete(ProviderPerson& person, std::string const& token) {
    if (groups_matter(settings())) TRY_VOID(add_groups(person, token));
    if (!person.email.empty()) return {};
    auto const addresses = list("/emails", token);
    // Nobody has to show it.
    if (!addresses)
        log::info("provider_email_not_told",
                  {{"login", settings().name}, {"cause", addresses.error().message}});
    if (!addresses) return {};
    for (auto const& each : *addresses)
        if (each.is_object() && each.value("primary", json()) == true &&
            each.value("verified", json()) == true)
            person.email = claim_text(each, "email");
    return {};
}

}  // namespace carrel
