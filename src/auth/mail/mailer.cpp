#include "auth/mail/mailer.hpp"

#include "auth/mail/mail_desk.hpp"
#include "auth/mail/mail_texts.hpp"
#include "auth/secret.hpp"
#include "runtime/log.hpp"
#include "store/mail_tables.hpp"

namespace carrel {

namespace {

constexpr Milliseconds between_passes{1'000};
constexpr int most_in_a_pass = 50;
/// Longer than sending may take; then another process, or the next one, tries.
constexpr Seconds held{45};
constexpr Seconds kept{24 * 3600};

/// 5 s, 10 s, 20 s … up to a quarter of an hour.
Seconds backoff(int attempts) {
    constexpr Seconds longest{900};
    return std::min(longest, Seconds(5) * (1 << std::min(attempts - 1, 10)));
}

}  // namespace

Mailer::Mailer(Store& store, Clock const& clock, Random& random, MailerOptions options, Send send)
    : store_(store),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      send_(std::move(send)) {}

Task<> Mailer::run() {
    while (true) {
        auto const done = co_await pool_.run([this] { return pass(); });
        if (!done) log::warn("mail_pass_failed", {{"cause", done.error().message}});
        CO_TRY_VOID(co_await sleep_for(between_passes));
    }
}

Result<int> Mailer::pass() {
    for (int count = 0; count < most_in_a_pass; ++count) {
        auto const now = clock_.now();
        // Mostly there is nothing, and a look does not write.
        TRY(bool const is_due, store_.read([&](Transaction& transaction) {
            return mail_of(transaction).mail_outbox().is_due(now);
        }));
        if (!is_due) return count;
        TRY(auto const item, store_.write([&](Transaction& transaction) {
            return mail_of(transaction).mail_outbox().take(now, now + held);
        }));
        if (!item) return count;
        TRY_VOID(handle(*item));
    }
    return most_in_a_pass;
}

Result<http::MailMessage> Mailer::make(MailItem const& item) {
    auto const now = clock_.now();
    auto const token = random_.secret();
    bool const is_reset = item.kind == MailKind::ResetPassword;
    MailToken const row{.hash = hash_secret(token),
                        .kind = item.kind,
                        .user = item.user.value_or(UserId()),
                        .address = item.address,
                        .expires_at = now + (is_reset ? reset_link_lasts : confirm_link_lasts)};
    TRY(auto const user, store_.write([&](Transaction& transaction) -> Result<User> {
        TRY(auto owner, transaction.users().find(row.user));
        if (owner.email != item.address || !owner.may_enter())
            return fail(Code::NotFound, "the account has another address by now");
        TRY_VOID(mail_of(transaction).mail_tokens().remove_expired(now));
        TRY_VOID(mail_of(transaction).mail_tokens().put(row));
        return owner;
    }));
    auto const text = mail_text(item.kind, item.language, user.name, options_.platform,
                                mail_link(options_.platform, item.kind, token));
    return http::MailMessage{.from = options_.from,
                             .from_name = options_.from_name,
                             .to = item.address,
                             .subject = text.subject,
                             .text = text.body,
                             .id = random_.uuid(),
                             .at = now};
}

Result<> Mailer::forget(MailItem const& item) {
    return store_.write(
        [&](Transaction& transaction) { return mail_of(transaction).mail_outbox().done(item.id); });
}

Result<> Mailer::retry_later(MailItem const& item, Error const& error) {
    auto const now = clock_.now();
    auto const kind = std::string(name_of(item.kind));
    if (now - item.created_at >= kept) {
        log::error("mail_given_up", {{"kind", kind},
                                     {"id", item.id},
                                     {"attempts", item.attempts},
                                     {"cause", error.message}});
        return forget(item);
    }
    log::warn(
        "mail_not_sent",
        {{"kind", kind}, {"id", item.id}, {"attempts", item.attempts}, {"cause", error.message}});
    return store_.write([&](Transaction& transaction) {
        return mail_of(transaction).mail_outbox().retry(item.id, now + backoff(item.attempts));
    });
}

Result<> Mailer::handle(MailItem const& item) {
    if (item.kind == MailKind::Nothing || !item.user) return forget(item);
    auto const message = make(item);
    if (!message && message.error().code == Code::NotFound) return forget(item);
    if (!message) return retry_later(item, message.error());
    auto const sent = send_(*message);
    if (!sent && sent.error().code == Code::InvalidArgument) {
        log::error(
            "mail_refused",
            {{"kind", name_of(item.kind)}, {"id", item.id}, {"cause", sent.error().message}});
        return forget(item);
    }
    if (!sent) return retry_later(item, sent.error());
    log::info("mail_sent", {{"kind", name_of(item.kind)}, {"id", item.id}});
    return forget(item);
}

}  // namespace carrel
