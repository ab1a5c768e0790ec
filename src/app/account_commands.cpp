#include "app/commands.hpp"
#include "app/folders.hpp"
#include "app/open_store.hpp"
#include "auth/access/access_policy.hpp"
#include "auth/factor/factor_removal.hpp"
#include "auth/local/password_hasher.hpp"
#include "auth/logins.hpp"
#include "auth/removal/removal_order.hpp"
#include "auth/scope.hpp"
#include "auth/secret.hpp"
#include "base/time_text.hpp"

#include <iostream>

namespace carrel {

namespace {

Result<std::unique_ptr<Store>> open_store_of(SettingsFlags const& flags) {
    TRY(auto const settings, settings_from(flags));
    TRY_VOID(make_folders(settings.server.data));
    return open_store(settings);
}

Result<std::string> read_password() {
    std::string password;
    if (!std::getline(std::cin, password) || password.empty())
        return fail(Code::InvalidArgument, "no password came on standard input");
    return password;
}

/// Adds the person, or brings the one of that name up to date; returns what was done.
Result<std::string> put_person(Transaction& transaction, User const& person, Time now) {
    auto known = transaction.users().find_by_name(person.name);
    Event event{.at = now, .kind = "user_created", .subject = person.name};
    if (known) {
        if (known->removed_at) TRY_VOID(bring_back(transaction, *known, "", now));
        known->password_hash = person.password_hash;
        known->administrator = person.administrator;
        known->leader = person.leader;
        known->disabled = false;
        known->listed_administrator = known->listed_leader = false;
        if (!person.email.empty()) known->email = person.email;
        event.kind = "user_changed";
        event.message = "Password and role set on the command line";
        TRY_VOID(transaction.users().update(*known));
        TRY_VOID(end_sessions(transaction, known->id, {}, now));
    } else {
        if (known.error().code != Code::NotFound) return std::unexpected(known.error());
        TRY_VOID(check_new_name(person.name, Chooser::Operator));
        event.message = "Added on the command line";
        TRY_VOID(transaction.users().insert(person));
    }
    TRY_VOID(announce_access_change(transaction));
    TRY_VOID(transaction.events().append(event));
    return std::string(known ? "changed" : "added");
}

}  // namespace

Result<> add_person(SettingsFlags const& flags, PersonToAdd const& person) {
    TRY(auto const name, parse_user_name(person.name));
    TRY_VOID(check_email(person.email));
    TRY(auto const password, read_password());
    TRY_VOID(check_password(password, name));
    TRY(auto const store, open_store_of(flags));
    TRY(auto hash, PasswordHasher().hash(password));
    SystemRandom random;
    auto const now = SystemClock().now();
    User const user{.id = UserId(random.uuid()),
                    .name = name,
                    .display_name = name,
                    .email = person.email,
                    .password_hash = std::move(hash),
                    .administrator = person.role == "administrator",
                    .leader = person.role == "leader",
                    .created_at = now};
    TRY(auto const done,
        store->write([&](Transaction& transaction) { return put_person(transaction, user, now); }));
    fmt::print("{} {} ({})\n", done, name, person.role);
    return {};
}

Result<> reset_factors_of(SettingsFlags const& flags, std::string const& person) {
    TRY(auto const name, parse_user_name(person));
    TRY(auto const store, open_store_of(flags));
    TRY(auto const count, store->write([&](Transaction& transaction) -> Result<size_t> {
        TRY(auto const user, transaction.users().find_by_name(name));
        return reset_factors(transaction, user, {.now = SystemClock().now()});
    }));
    fmt::print("{} had {} second factor{}, and has none now\n", name, count, count == 1 ? "" : "s");
    return {};
}

Result<> create_token(SettingsFlags const& flags, TokenToCreate const& wanted) {
    TRY(auto const name, parse_user_name(wanted.user));
    TRY(auto const scopes,
        wanted.scopes.empty() ? Result<Scopes>(all_scopes()) : parse_scopes(wanted.scopes));
    TRY(auto const store, open_store_of(flags));
    SystemRandom random;
    auto const now = SystemClock().now();
    auto const secret = make_token_secret(random);
    TRY_VOID(store->write([&](Transaction& transaction) -> Result<> {
        TRY(auto const user, transaction.users().find_by_name(name));
        Token token{.id = TokenId(random.uuid()),
                    .secret_hash = hash_secret(secret),
                    .user = user.id,
                    .note = wanted.note,
                    .scopes = format_scopes(scopes),
                    .created_at = now};
        if (wanted.expires_in) token.expires_at = now + Seconds(*wanted.expires_in);
        TRY_VOID(transaction.tokens().insert(token));
        TRY_VOID(transaction.events().append({.at = now,
                                              .kind = "token_created",
                                              .subject = name,
                                              .message = "Made on the command line"}));
        return {};
    }));
    fmt::print("{}\n", secret);
    return {};
}

Result<> remove_person(SettingsFlags const& flags, PersonToRemove const& person) {
    TRY(auto const name, parse_user_name(person.name));
    TRY(auto const leftovers, parse_leftovers(person.leftovers));
    TRY(auto const store, open_store_of(flags));
    auto const now = SystemClock().now();
    TRY_VOID(store->write([&](Transaction& transaction) -> Result<> {
        TRY(auto user, transaction.users().find_by_name(name));
        TRY_VOID(order_removal(transaction, std::move(user),
                               {.leftovers = leftovers, .ordered_by = {}, .now = now}));
        return {};
    }));
    fmt::print("{} is removed; the platform treats the files ({}) as soon as it runs\n", name,
               person.leftovers);
    return {};
}

}  // namespace carrel
