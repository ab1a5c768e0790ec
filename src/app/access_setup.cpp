#include "app/access_setup.hpp"

#include "app/open_store.hpp"

namespace carrel {

namespace {

std::vector<std::string> domains_of(Settings const& settings) {
    std::vector<std::string> domains;
    for (auto const& [name, login] : settings.logins)
        if (!login.username_domain.empty()) domains.push_back(login.username_domain);
    return domains;
}

std::vector<std::string> const& configured(AccessSettings const& access, AccessList list) {
    switch (list) {
        case AccessList::Allow:
            return access.allow;
        case AccessList::Deny:
            return access.deny;
        case AccessList::Administrators:
            return access.administrators;
        case AccessList::Leaders:
            return access.leaders;
        case AccessList::AllowGroups:
            return access.allow_groups;
        case AccessList::DenyGroups:
            return access.deny_groups;
    }
    std::unreachable();
}

}  // namespace

Result<AccessOptions> access_options(Settings const& settings) {
    AccessOptions options{
        .configured = {}, .domains = domains_of(settings), .contact = settings.access.contact};
    for (auto const list : access_lists)
        for (auto const& text : configured(settings.access, list)) {
            auto value = access_value(list, text, options.domains);
            if (!value)
                return fail_field(fmt::format("access.{}", name_of(list)), "access.{}: {}",
                                  name_of(list), value.error().message);
            options.configured.add(list, *std::move(value));
        }
    return options;
}

std::optional<UserlistFile> userlist_file(Settings const& settings) {
    if (settings.access.userlist.empty()) return {};
    return UserlistFile(settings.access.userlist, domains_of(settings));
}

Result<> check_access(Settings const& settings) {
    TRY_VOID(access_options(settings));
    auto file = userlist_file(settings);
    if (!file) return {};
    auto const list = file->read();
    if (!list) return std::unexpected(list.error().wrapped("access.userlist"));
    return {};
}

Result<> check_governed(Settings const& settings) {
    TRY(auto const options, access_options(settings));
    auto file = userlist_file(settings);
    if (!file && options.configured == AccessLists()) return {};
    AccessLists listed;
    if (file) {
        TRY(auto const list, file->read());
        listed = list.lists;
    }
    AccessPolicy const policy(options);
    TRY(auto const store, open_store(settings));
    return store->read([&](Transaction& transaction) -> Result<> {
        TRY(auto const all, policy.lists_with(transaction, listed));
        return AccessPolicy::check_administrator_left(transaction, all);
    });
}

}  // namespace carrel
