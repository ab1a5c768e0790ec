#include "auth/provider/accounts.hpp"

#include "auth/group_lines.hpp"
#include "auth/provider/login_failure.hpp"
#include "auth/provider/user_name.hpp"
#include "auth/removal/removal_order.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel {

namespace {

constexpr size_t longest_display_name = 100;

bool any_of_them(std::vector<std::string> const& groups, std::vector<std::string> const& wanted) {
    return std::ranges::any_of(groups, [&](std::string const& group) {
        return std::ranges::find(wanted, group) != wanted.end();
    });
}

std::string display_name_of(ProviderPerson const& person, std::string const& otherwise) {
    auto const name = trimmed(person.display_name);
    bool const good = !name.empty() && is_printable_utf8(name) &&
                      name.find_first_of("\t\r\n") == std::string_view::npos &&
                      utf8_length(name) <= longest_display_name;
    return good ? std::string(name) : otherwise;
}

Result<> note(Transaction& transaction, ProviderArrival const& arrival, std::string kind,
              std::string const& name, std::string message) {
    Event event;
    event.at = arrival.now;
    event.kind = std::move(kind);
    event.actor = name;
    event.subject = name;
    event.message = std::move(message);
    event.detail = nlohmann::json{{"login", arrival.settings.title}}.dump();
    TRY_VOID(transaction.events().append(event));
    return {};
}

/// As lists may mean them: by their own names, and by that of the log-in before it.
std::vector<std::string> groups_for_lists(ProviderArrival const& arrival) {
    auto groups = arrival.person.groups;
    for (auto const& group : arrival.person.groups)
        groups.push_back(fmt::format("{}:{}", arrival.settings.name, group));
    return groups;
}

Result<User> sign_up(Transaction& transaction, ProviderArrival const& arrival) {
    auto const& settings = arrival.settings;
    auto const& person = arrival.person;
    bool const open = settings.sign_up == SignUp::Anybody ||
                      (settings.sign_up == SignUp::Invited && arrival.invited);
    if (!open)
        return login_failure("sign_up_closed", Code::PermissionDenied,
                             "{} has no account here, and none is made", for_log(person.username));
    User user;
    TRY(user.name, user_name_of(person.username, settings.username_domain));
    auto const other = transaction.users().find_by_name(user.name);
    if (other)
        return login_failure("name_taken", Code::Conflict,
                             "the user name {} is somebody else's already", user.name);
    if (other.error().code != Code::NotFound) return other;
    if (arrival.access != nullptr)
        TRY_VOID(arrival.access->check_new(transaction, user.name, groups_for_lists(arrival)));
    user.id = arrival.fresh;
    user.display_name = display_name_of(person, user.name);
    if (check_email(person.email)) user.email = person.email;
    user.created_at = arrival.now;
    TRY_VOID(transaction.users().insert(user));
    TRY_VOID(note(transaction, arrival, "user_created_by_login", user.name,
                  fmt::format("{} signed up with {}", user.name, settings.title)));
    return user;
}

/// Somebody who was removed, whose files are kept, and who is the same person: their provider says
/// so. A place is theirs as it would be anybody's.
Result<> let_return(Transaction& transaction, ProviderArrival const& arrival, User& user) {
    bool const open = arrival.settings.sign_up == SignUp::Anybody ||
                      (arrival.settings.sign_up == SignUp::Invited && arrival.invited);
    if (!open)
        return login_failure("sign_up_closed", Code::PermissionDenied,
                             "{} has been removed, and no account is made", user.name);
    if (arrival.access != nullptr)
        TRY_VOID(arrival.access->check_new(transaction, user.name, groups_for_lists(arrival)));
    return bring_back(transaction, user, user.name, arrival.now);
}

Result<User> join(Transaction& transaction, ProviderArrival const& arrival) {
    TRY(auto user, transaction.users().find(*arrival.joining));
    TRY(auto const joined, transaction.login_identities().of_user(user.id));
    if (std::ranges::any_of(joined,
                            [&](auto const& each) { return each.login == arrival.settings.name; }))
        return login_failure("joined_already", Code::Conflict,
                             "{} has another account of {} already", user.name,
                             arrival.settings.title);
    TRY_VOID(
        note(transaction, arrival, "login_joined", user.name,
             fmt::format("{} can log in with {} from now on", user.name, arrival.settings.title)));
    return user;
}

Result<std::optional<LoginIdentity>> find_identity(Transaction& transaction,
                                                   ProviderArrival const& arrival) {
    auto found = transaction.login_identities().find(arrival.settings.name, arrival.person.subject);
    if (!found && found.error().code == Code::NotFound) return std::nullopt;
    if (!found) return std::unexpected(found.error());
    if (arrival.joining && *arrival.joining != found->user)
        return login_failure("joined_elsewhere", Code::Conflict,
                             "this account of {} belongs to somebody else here",
                             arrival.settings.title);
    return *found;
}

/// One role: given when a group asks for it, and taken away again if it was this provider that gave
/// it and no other one still does.
void bring_up_to_date(bool& role, bool& gave, bool wanted, bool others_give) {
    if (wanted && !role) role = gave = true;
    if (!wanted && gave) {
        gave = false;
        role = others_give;
    }
}

Result<> synchronise_roles(Transaction& transaction, ProviderArrival const& arrival,
                           LoginIdentity& identity, User& user) {
    auto const before = std::pair(user.administrator, user.leader);
    TRY(auto const all, transaction.login_identities().of_user(user.id));
    auto const others_give = [&](auto member) {
        return std::ranges::any_of(all, [&](LoginIdentity const& each) {
            return each.login != identity.login && each.*member;
        });
    };
    auto const& groups = arrival.person.groups;
    bring_up_to_date(user.administrator, identity.gave_administrator,
                     any_of_them(groups, arrival.settings.administrator_groups),
                     others_give(&LoginIdentity::gave_administrator));
    bring_up_to_date(user.leader, identity.gave_leader,
                     any_of_them(groups, arrival.settings.leader_groups),
                     others_give(&LoginIdentity::gave_leader));
    if (before == std::pair(user.administrator, user.leader)) return {};
    TRY_VOID(transaction.users().update(user));
    return note(transaction, arrival, "roles_by_login", user.name,
                fmt::format("{} is {}, as the groups at {} say", user.name,
                            user.administrator && user.leader ? "administrator and leader"
                            : user.administrator              ? "administrator"
                            : user.leader                     ? "leader"
                                                              : "neither administrator nor leader",
                            arrival.settings.title));
}

}  // namespace

Result<User> admit_from_provider(Transaction& transaction, ProviderArrival const& arrival) {
    auto const& settings = arrival.settings;
    auto const& person = arrival.person;
    if (!settings.allowed_groups.empty() && !any_of_them(person.groups, settings.allowed_groups))
        return login_failure("not_allowed", Code::PermissionDenied,
                             "{} is in no group that is let in", for_log(person.username));
    TRY(auto identity, find_identity(transaction, arrival));
    User user;
    if (identity) {
        TRY(user, transaction.users().find(identity->user));
        if (user.removed_at) TRY_VOID(let_return(transaction, arrival, user));
    } else if (arrival.joining) {
        TRY(user, join(transaction, arrival));
    } else {
        TRY(user, sign_up(transaction, arrival));
    }
    if (user.disabled)
        return login_failure("disabled", Code::PermissionDenied, "the account {} is disabled",
                             user.name);
    bool const is_new = !identity;
    if (is_new) {
        identity = LoginIdentity{.login = settings.name,
                                 .subject = person.subject,
                                 .user = user.id,
                                 .created_at = arrival.now};
    }
    identity->shown = is_printable_utf8(person.username) ? person.username.substr(0, 200) : "";
    identity->used_at = arrival.now;
    identity->groups = to_group_lines(person.groups);
    // First, so that a role that no list gives any more can come from the provider.
    if (arrival.access != nullptr)
        TRY_VOID(arrival.access->give_roles(transaction, user, arrival.now));
    TRY_VOID(synchronise_roles(transaction, arrival, *identity, user));
    TRY_VOID(is_new ? transaction.login_identities().insert(*identity)
                    : transaction.login_identities().update(*identity));
    if (arrival.access != nullptr) TRY_VOID(arrival.access->settle(transaction, user, arrival.now));
    return user;
}

Result<> part_from_provider(Transaction& transaction, UserId const& id, std::string_view login,
                            Time now) {
    TRY(auto user, transaction.users().find(id));
    TRY(auto joined, transaction.login_identities().of_user(id));
    auto const found = std::ranges::find(joined, login, &LoginIdentity::login);
    if (found == joined.end())
        return fail(Code::NotFound, "this log-in is not joined to your account");
    if (user.password_hash.empty() && joined.size() == 1)
        return fail(Code::Conflict,
                    "this is the only way into your account; join another log-in first");
    auto const parted = *found;
    joined.erase(found);
    auto const others_give = [&](auto member) {
        return std::ranges::any_of(joined, [&](auto const& each) { return each.*member; });
    };
    if (parted.gave_administrator)
        user.administrator = others_give(&LoginIdentity::gave_administrator);
    if (parted.gave_leader) user.leader = others_give(&LoginIdentity::gave_leader);
    TRY_VOID(transaction.users().update(user));
    TRY_VOID(transaction.login_identities().remove(login, id));
    TRY_VOID(announce_access_change(transaction));
    Event event;
    event.at = now;
    event.kind = "login_parted";
    event.actor = user.name;
    event.subject = user.name;
    event.message = fmt::format("{} cannot log in with {} any more", user.name, login);
    event.detail = nlohmann::json{{"login", login}}.dump();
    TRY_VOID(transaction.events().append(event));
    return {};
}

}  // namespace carrel
