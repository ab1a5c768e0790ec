#pragma once

/// Mail that has to be sent, and what its links are worth. Plain values.

#include "base/clock.hpp"
#include "base/id.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace carrel {

enum class MailKind {
    ConfirmEmail,   ///< a link that says: this address is mine
    ResetPassword,  ///< a link that sets a new password
    Nothing,        ///< costs what the others cost, and is not sent: nobody was meant
};

/// What is to be said to whom. The message itself, and the token in it, are made when it is sent.
struct MailItem {
    long long id = 0;  ///< given by the store
    MailKind kind = MailKind::Nothing;
    std::optional<UserId> user;
    std::string address;
    std::string language;  ///< "en", "de", or "" for English
    Time created_at;
    Time due_at;
    int attempts = 0;
};

/// A link in a message. The store has the hash of what is in it.
struct MailToken {
    std::string hash;
    MailKind kind = MailKind::Nothing;
    UserId user;
    std::string address;
    Time expires_at;
};

/// "confirm_email", "reset_password", "nothing".
[[nodiscard]] std::string_view name_of(MailKind kind);
/// The reverse; nothing for anything else.
[[nodiscard]] std::optional<MailKind> parse_mail_kind(std::string_view name);

/// Whether a message can be sent there: plain ASCII, one "@", and nothing that could begin another
/// line or another address.
[[nodiscard]] bool is_mailable(std::string_view address);

}  // namespace carrel
