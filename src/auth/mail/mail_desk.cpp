#include "auth/mail/mail_desk.hpp"

#include "auth/logins.hpp"
#include "auth/secret.hpp"
#include "base/text.hpp"
#include "store/mail_tables.hpp"

namespace carrel {

namespace {

/// A message can be asked for again after five minutes; a class can at once.
constexpr LoginLimitPolicy few_messages{.tries_per_place = 3,
                                        .place_refill = Seconds(300),
                                        .tries_per_name = 6,
                                        .name_refill = Seconds(300),
                                        .tries_per_address = 60,
                                        .address_refill = Seconds(10)};

std::unexpected<Error> worthless() {
    return fail_field("token",
                      "this link is not good any more: it is too old, was used, or a newer "
                      "one was sent; ask for another one");
}

/// The same content, whoever the account belongs to, so that writing it costs the same.
MailItem item_for(std::optional<User> const& user, MailKind kind, Time now) {
    return {.kind = user ? kind : MailKind::Nothing,
            .user = user ? std::optional(user->id) : std::nullopt,
            .address = user ? user->email : "nobody@example.invalid",
            .language = user ? user->language : "",
            .created_at = now,
            .due_at = now};
}

Result<std::optional<User>> or_nothing(Result<User> found) {
    if (found) return *std::move(found);
    if (found.error().code == Code::NotFound) return std::nullopt;
    return std::unexpected(std::move(found).error());
}

Result<> note(Transaction& transaction, Time now, std::string kind, User const& user,
              std::string message) {
    Event event;
    event.at = now;
    event.kind = std::move(kind);
    event.actor = user.name;
    event.subject = user.name;
    event.message = std::move(message);
    TRY_VOID(transaction.events().append(event));
    return {};
}

/// Who may have a new password by mail: whose address is shown to be theirs, and who has one.
Result<bool> may_reset(Transaction& transaction, User const& user) {
    TRY(auto const confirmed, mail_of(transaction).confirmed_emails().of_user(user.id));
    return user.may_enter() && !user.password_hash.empty() && !user.email.empty() &&
           confirmed == user.email;
}

/// By user name or by address.
Result<std::vector<User>> accounts_of(Transaction& transaction, std::string_view account) {
    std::vector<User> users;
    if (auto const name = parse_user_name(account)) {
        TRY(auto const user, or_nothing(transaction.users().find_by_name(*name)));
        if (user) users.push_back(*user);
    }
    TRY(auto const ids, mail_of(transaction).confirmed_emails().users_of(account));
    for (auto const& id : ids) {
        TRY(auto const user, or_nothing(transaction.users().find(id)));
        if (user) users.push_back(*user);
    }
    return users;
}

}  // namespace

MailDesk::MailDesk(Store& store, PasswordHasher const& passwords, Clock const& clock)
    : store_(store),
      passwords_(passwords),
      clock_(clock),
      asking_(clock, few_messages),
      guessing_(clock, {}) {}

Result<> MailDesk::take_try(LoginLimit& limit, std::string_view name, std::string const& address) {
    auto const refusal = limit.take({.name = name, .address = address});
    if (!refusal) return {};
    return fail(Code::LimitReached, "too many tries; wait {} seconds", refusal->wait.count());
}

Result<> MailDesk::ask_for_reset(std::string_view account, std::string const& address) {
    auto const asked = to_lower(trimmed(account));
    TRY_VOID(take_try(asking_, hash_secret(asked), address));
    auto const now = clock_.now();
    return store_.write([&](Transaction& transaction) -> Result<> {
        auto& outbox = mail_of(transaction).mail_outbox();
        TRY(auto const users, accounts_of(transaction, asked));
        bool nobody = true;
        for (auto const& user : users) {
            TRY(bool const may, may_reset(transaction, user));
            TRY(bool const waits, outbox.waits(MailKind::ResetPassword, user.id));
            if (!may || waits) continue;
            TRY_VOID(outbox.add(item_for(user, MailKind::ResetPassword, now)));
            nobody = false;
        }
        if (nobody) return outbox.add(item_for({}, MailKind::ResetPassword, now));
        return {};
    });
}

Result<MailToken> MailDesk::find(Transaction& transaction, MailKind kind,
                                 std::string const& token) const {
    auto found = mail_of(transaction).mail_tokens().find(hash_secret(token));
    if (!found && found.error().code == Code::NotFound) return worthless();
    if (!found) return found;
    if (found->kind != kind || found->expires_at <= clock_.now()) return worthless();
    return found;
}

Result<> MailDesk::reset(std::string const& token, std::string const& password,
                         std::string const& address) {
    TRY_VOID(take_try(guessing_, "reset", address));
    auto const meant = [&](Transaction& transaction) -> Result<User> {
        TRY(auto const found, find(transaction, MailKind::ResetPassword, token));
        TRY(auto user, transaction.users().find(found.user));
        TRY(bool const may, may_reset(transaction, user));
        if (!may || user.email != found.address) return worthless();
        return user;
    };
    TRY(auto const owner, store_.read(meant));
    TRY_VOID(check_password(password, owner.name));
    // Hashing takes a while: not inside a transaction that writes.
    TRY(auto const hash, passwords_.hash(password));
    auto const now = clock_.now();
    TRY_VOID(store_.write([&](Transaction& transaction) -> Result<> {
        TRY(auto user, meant(transaction));
        user.password_hash = hash;
        TRY_VOID(transaction.users().update(user));
        TRY_VOID(
            mail_of(transaction).mail_tokens().remove_of_user(MailKind::ResetPassword, user.id));
        TRY_VOID(end_sessions(transaction, user.id, {}, now));
        return note(transaction, now, "password_reset", user,
                    fmt::format("{} set a new password by mail", user.name));
    }));
    guessing_.succeeded({.name = "reset", .address = address});
    return {};
}

Result<> MailDesk::address_changed(Transaction& transaction, User const& user) const {
    if (!is_mailable(user.email)) return {};
    TRY(auto const confirmed, mail_of(transaction).confirmed_emails().of_user(user.id));
    if (confirmed == user.email) return {};
    return mail_of(transaction)
        .mail_outbox()
        .add(item_for(user, MailKind::ConfirmEmail, clock_.now()));
}

Result<> MailDesk::ask_for_confirmation(User const& user) {
    if (user.email.empty()) return fail(Code::Conflict, "your profile has no e-mail address");
    if (!is_mailable(user.email))
        return fail(Code::Conflict, "no mail can be sent to this address");
    TRY(bool const confirmed, is_confirmed(user));
    if (confirmed) return fail(Code::Conflict, "this address is confirmed already");
    TRY_VOID(take_try(asking_, user.id.value(), "confirm"));
    return store_.write([&](Transaction& transaction) -> Result<> {
        TRY(bool const waits,
            mail_of(transaction).mail_outbox().waits(MailKind::ConfirmEmail, user.id));
        return waits ? Result<>() : address_changed(transaction, user);
    });
}

Result<User> MailDesk::confirm(std::string const& token, std::string const& address) {
    TRY_VOID(take_try(guessing_, "confirm", address));
    auto const now = clock_.now();
    TRY(auto const user, store_.write([&](Transaction& transaction) -> Result<User> {
        TRY(auto const found, find(transaction, MailKind::ConfirmEmail, token));
        TRY(auto const owner, transaction.users().find(found.user));
        if (owner.email != found.address) return worthless();
        auto& mail = mail_of(transaction);
        TRY_VOID(mail.confirmed_emails().put(owner.id, owner.email, now));
        TRY_VOID(mail.mail_tokens().remove_of_user(MailKind::ConfirmEmail, owner.id));
        TRY_VOID(note(transaction, now, "email_confirmed", owner,
                      fmt::format("{} confirmed their e-mail address", owner.name)));
        return owner;
    }));
    guessing_.succeeded({.name = "confirm", .address = address});
    return user;
}

Result<bool> MailDesk::is_confirmed(User const& user) {
    if (user.email.empty()) return false;
    TRY(auto const confirmed, store_.read([&](Transaction& transaction) {
        return mail_of(transaction).confirmed_emails().of_user(user.id);
    }));
    return confirmed == user.email;
}

}  // namespace carrel
