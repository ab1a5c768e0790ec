/// Accounts, for administrators.

#include "auth/access/access_policy.hpp"
#include "auth/logins.hpp"
#include "auth/mail/mail_desk.hpp"
#include "base/text.hpp"
#include "portal/administration.hpp"
#include "portal/input.hpp"
#include "portal/new_user.hpp"
#include "portal/record.hpp"
#include "portal/views.hpp"

namespace carrel {

namespace {

struct Roles {
    bool administrator = false;
    bool leader = false;
};

Result<Roles> parse_roles(std::vector<std::string> const& names) {
    Roles roles;
    for (auto const& name : names) {
        if (name == "administrator")
            roles.administrator = true;
        else if (name == "leader")
            roles.leader = true;
        else
            return fail_field("roles", "there is no role '{}'; there are administrator and leader",
                              for_log(name, 40));
    }
    return roles;
}

Result<http::Response> list_users(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_administrator(visit));
    TRY(auto const page, read_page(visit.request));
    TRY(auto const users, portal.store.read([&](Transaction& transaction) {
        return transaction.users().list({.limit = page.limit + 1, .after = page.after});
    }));
    std::vector<nlohmann::json> items;
    std::vector<std::string> keys;
    for (auto const& user : users) {
        keys.push_back(user.name);
        items.push_back(view_of(user));
    }
    return http::Response::json(page_of(std::move(items), keys, page.limit));
}

Result<http::Response> create_user(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_administrator(visit));
    TRY(auto input, JsonReader::of(visit.request));
    auto const wanted = read_new_user(input);
    auto const names = input.has("roles") ? input.texts("roles") : std::vector<std::string>();
    TRY_VOID(input.done());
    TRY(auto const roles, parse_roles(names));
    TRY(auto user, make_user(portal, wanted, Chooser::Operator));
    user.administrator = roles.administrator;
    user.leader = roles.leader;
    TRY_VOID(portal.store.write([&](Transaction& transaction) -> Result<> {
        TRY_VOID(insert_user(transaction, user));
        if (portal.mail != nullptr) TRY_VOID(portal.mail->address_changed(transaction, user));
        TRY_VOID(announce_access_change(transaction));
        return record(
            transaction, user.created_at,
            {.kind = "user_created",
             .actor = visit.who.user.name,
             .subject = user.name,
             .message = fmt::format("{} made the account {}", visit.who.user.name, user.name),
             .detail = {{"roles", names}}});
    }));
    return http::Response::json(view_of(user), 201);
}

struct UserChange {
    std::optional<Roles> roles;
    std::optional<bool> disabled;
    std::optional<std::string> password;
};

Result<UserChange> read_user_change(http::Request const& request) {
    TRY(auto input, JsonReader::of(request));
    UserChange change;
    std::optional<std::vector<std::string>> names;
    if (input.has("roles")) names = input.texts("roles");
    if (input.has("disabled")) change.disabled = input.truth("disabled");
    if (input.has("password")) change.password = input.text("password");
    TRY_VOID(input.done());
    if (names) {
        TRY(change.roles, parse_roles(*names));
    }
    return change;
}

/// So that there is always an administrator left, whoever does it.
Result<> check_not_oneself(Visit const& visit, User const& user, UserChange const& change) {
    if (user.id != visit.who.user.id) return {};
    if (change.disabled.value_or(false))
        return fail(Code::Conflict, "nobody disables their own account");
    if (change.roles && !change.roles->administrator)
        return fail(Code::Conflict,
                    "nobody gives up being an administrator by themselves; "
                    "another administrator has to");
    return {};
}

Result<> apply_change(Transaction& transaction, UserChange const& change,
                      std::optional<std::string> const& hash, User& user, Time now) {
    bool const disables = change.disabled.value_or(false) && !user.disabled;
    // What an administrator has opened of other people's servers must not stay open.
    bool const demotes = user.administrator && change.roles && !change.roles->administrator;
    if (change.roles) {
        // Given or taken by hand: no list takes it away again.
        if (user.administrator != change.roles->administrator) user.listed_administrator = false;
        if (user.leader != change.roles->leader) user.listed_leader = false;
        user.administrator = change.roles->administrator;
        user.leader = change.roles->leader;
        TRY_VOID(announce_access_change(transaction));
    }
    user.disabled = change.disabled.value_or(user.disabled);
    user.password_hash = hash.value_or(user.password_hash);
    TRY_VOID(transaction.users().update(user));
    if (!hash && !disables && !demotes) return {};
    TRY_VOID(end_sessions(transaction, user.id, {}, now));
    if (!user.disabled && !demotes) return {};
    return revoke_tokens(transaction, user.id, now);
}

Result<http::Response> change_user(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_administrator(visit));
    TRY(auto const change, read_user_change(visit.request));
    auto const& text = visit.request.parameter("username");
    std::optional<std::string> hash;
    if (change.password) {
        TRY_VOID(check_password(*change.password, to_lower(text)));
        TRY(hash, portal.passwords.hash(*change.password));
    }
    auto const now = portal.clock.now();
    TRY(auto const changed, portal.store.write([&](Transaction& transaction) -> Result<User> {
        TRY_VOID(acting_administrator(transaction, visit));
        TRY(auto user, find_account(transaction, text));
        // Whoever is brought back has neither roles nor a password.
        if (user.removed_at)
            return fail(Code::Conflict, "{} is removed; bring them back first", user.name);
        TRY_VOID(check_not_oneself(visit, user, change));
        TRY_VOID(apply_change(transaction, change, hash, user, now));
        auto const view = view_of(user);
        TRY_VOID(record(
            transaction, now,
            {.kind = hash ? "password_changed" : "user_changed",
             .actor = visit.who.user.name,
             .subject = user.name,
             .message = fmt::format("{} changed the account {}", visit.who.user.name, user.name),
             .detail = {{"roles", view["roles"]}, {"disabled", user.disabled}}}));
        return user;
    }));
    return http::Response::json(view_of(changed));
}

}  // namespace

void add_user_calls(Calls& calls) {
    calls.topic("Users");
    calls.add({.method = "GET",
               .path = "/users",
               .summary = "All accounts, by name; for administrators",
               .scope = Scope::AdminUsers,
               .gives = "User[]"},
              list_users);
    calls.add({.method = "POST",
               .path = "/users",
               .summary = "Make an account; for administrators",
               .scope = Scope::AdminUsers,
               .takes = "NewUser",
               .gives = "User",
               .status = 201,
               .problems = {409}},
              create_user);
    calls.add({.method = "PATCH",
               .path = "/users/{username}",
               .summary = "Change roles, disable, set a new password; for administrators",
               .scope = Scope::AdminUsers,
               .takes = "UserChange",
               .gives = "User",
               .problems = {404, 409}},
              change_user);
}

}  // namespace carrel
