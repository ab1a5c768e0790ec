#pragma once

/// The tables of mail; a part of a transaction, whose rules hold here (store/transaction.hpp). Only
/// those who have to do with mail know of it: `mail_of(transaction)`.

#include "base/result.hpp"
#include "domain/mail.hpp"
#include "store/transaction.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace carrel {

/// What has to be said to whom: no texts, no tokens.
class MailOutbox {
public:
    virtual ~MailOutbox() = default;
    virtual Result<> add(MailItem const& item) = 0;
    /// Whether something of this kind waits for this user.
    virtual Result<bool> waits(MailKind kind, UserId const& user) = 0;
    virtual Result<bool> is_due(Time now) = 0;
    /// Takes the oldest one that is due, for whoever asks: counts an attempt, and is due again at
    /// `again_at`, should nobody say what became of it. Nothing: none is due.
    virtual Result<std::optional<MailItem>> take(Time now, Time again_at) = 0;
    virtual Result<> retry(long long id, Time due_at) = 0;
    virtual Result<> done(long long id) = 0;
};

/// What the links in messages are worth.
class MailTokens {
public:
    virtual ~MailTokens() = default;
    /// In place of those of the same kind that the user has.
    virtual Result<> put(MailToken const& token) = 0;
    virtual Result<MailToken> find(std::string_view hash) = 0;
    virtual Result<> remove_of_user(MailKind kind, UserId const& user) = 0;
    virtual Result<long long> remove_expired(Time now) = 0;
};

/// Which address somebody has shown to be theirs.
class ConfirmedEmails {
public:
    virtual ~ConfirmedEmails() = default;
    virtual Result<> put(UserId const& user, std::string_view address, Time at) = 0;
    virtual Result<> remove(UserId const& user) = 0;
    /// The address as it was confirmed; empty: none.
    virtual Result<std::string> of_user(UserId const& user) = 0;
    /// Whose it is, without regard to capital letters; at most `most_of_one_address`.
    virtual Result<std::vector<UserId>> users_of(std::string_view address) = 0;
};
inline constexpr int most_of_one_address = 5;

class MailTables {
public:
    virtual ~MailTables() = default;
    virtual MailOutbox& mail_outbox() = 0;
    virtual MailTokens& mail_tokens() = 0;
    virtual ConfirmedEmails& confirmed_emails() = 0;
};

/// Those of this transaction, for as long as it lasts.
[[nodiscard]] MailTables& mail_of(Transaction& transaction);

}  // namespace carrel
