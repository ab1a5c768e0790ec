#pragma once

/// What mail is for: showing that an address is one's own, and a new password for who has forgotten
/// theirs. Only writes down what has to be said; `Mailer` says it.
///
/// Whoever asks for a new password learns nothing: neither from the answer nor from its time,
/// whether there is such an account. Blocks. Thread-safe. Owned by app/wiring.

#include "auth/local/login_limit.hpp"
#include "auth/local/password_hasher.hpp"
#include "domain/mail.hpp"
#include "store/store.hpp"

namespace carrel {

inline constexpr Seconds reset_link_lasts{30 * 60};
inline constexpr Seconds confirm_link_lasts{24 * 3600};

class MailDesk {
public:
    MailDesk(Store& store, PasswordHasher const& passwords, Clock const& clock);

    /// Somebody has forgotten the password of this account: a user name, or an address that was
    /// confirmed. Succeeds whether there is one or not. LimitReached: asked for too often, from
    /// this address or for this account, whether or not there is one.
    [[nodiscard]] Result<> ask_for_reset(std::string_view account, std::string const& address);

    /// Sets a new password by the token of a link, and ends every session. InvalidArgument with
    /// field "token": it is unknown, used or too old; with field "password": not a good one.
    [[nodiscard]] Result<> reset(std::string const& token, std::string const& password,
                                 std::string const& address);

    /// Has the user's present address asked whether it is theirs. Conflict: there is none that can
    /// be mailed, or it is confirmed. LimitReached: too often.
    [[nodiscard]] Result<> ask_for_confirmation(User const& user);
    /// The same inside the transaction that gave them this address; nothing where it cannot be.
    [[nodiscard]] Result<> address_changed(Transaction& transaction, User const& user) const;
    /// Whose address a link's token confirms. InvalidArgument with field "token", as above.
    [[nodiscard]] Result<User> confirm(std::string const& token, std::string const& address);

    /// Whether the address that the user has now is confirmed.
    [[nodiscard]] Result<bool> is_confirmed(User const& user);

private:
    Result<MailToken> find(Transaction& transaction, MailKind kind, std::string const& token) const;
    Result<> take_try(LoginLimit& limit, std::string_view name, std::string const& address);

    Store& store_;
    PasswordHasher const& passwords_;
    Clock const& clock_;
    LoginLimit asking_;    ///< for messages
    LoginLimit guessing_;  ///< of tokens
};

}  // namespace carrel
