#pragma once

/// Ending logins. Each end also puts `revoke_login` into the outbox, from where the hub tells the
/// proxy, so that open notebooks of that login close. Call inside a writing transaction.

#include "store/transaction.hpp"

#include <optional>
#include <vector>

namespace carrel {

[[nodiscard]] Result<> end_session(Transaction& transaction, SessionId const& session, Time now);
/// The token, and with it every token that was made with it, or with one of those; the first of
/// those returned is the token itself.
[[nodiscard]] Result<std::vector<TokenId>> end_token(Transaction& transaction, Token const& token,
                                                     Time now);
/// Every session of the user but `keep`, and the logins that have not come that far.
[[nodiscard]] Result<> end_sessions(Transaction& transaction, UserId const& user,
                                    std::optional<SessionId> const& keep, Time now);
/// Closes what was opened with the user's tokens so far, and keeps the tokens: for a disabled user,
/// who may be enabled again and then opens servers with them as before.
[[nodiscard]] Result<> revoke_tokens(Transaction& transaction, UserId const& user, Time now);

/// What hubs gave out for a login or with one of its tokens: codes, tokens, and those made with
/// them.
[[nodiscard]] Result<> end_hub_tokens(Transaction& transaction, SessionId const& login);
/// One of them, with all that was made with it.
[[nodiscard]] Result<> end_hub_token(Transaction& transaction, long long id);
/// How a hub's token is named by those that were made with it.
[[nodiscard]] SessionId login_of_hub_token(long long id);

/// How an identity names the login by a token; see `Identity::login`.
[[nodiscard]] SessionId login_of(TokenId const& token);

}  // namespace carrel
