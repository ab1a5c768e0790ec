#include "auth/logins.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

namespace {

enum class Ends { ForGood, SoFar };

Result<> revoke(Transaction& transaction, SessionId const& login, Ends ends, Time now) {
    OutboxItem item;
    item.kind = "revoke_login";
    nlohmann::json payload{{"login", login.value()}};
    if (ends == Ends::SoFar) payload["for_good"] = false;
    item.payload = payload.dump();
    item.created_at = now;
    item.due_at = now;
    return transaction.outbox().add(item);
}

}  // namespace

SessionId login_of(TokenId const& token) { return SessionId("token:" + token.value()); }

Result<> end_session(Transaction& transaction, SessionId const& session, Time now) {
    TRY_VOID(transaction.sessions().remove(session));
    return revoke(transaction, session, Ends::ForGood, now);
}

Result<> end_token(Transaction& transaction, TokenId const& token, Time now) {
    TRY_VOID(transaction.tokens().remove(token));
    return revoke(transaction, login_of(token), Ends::ForGood, now);
}

Result<> end_sessions(Transaction& transaction, UserId const& user,
                      std::optional<SessionId> const& keep, Time now) {
    TRY(auto const sessions, transaction.sessions().of_user(user));
    for (auto const& session : sessions)
        if (session.id != keep) TRY_VOID(end_session(transaction, session.id, now));
    return {};
}

Result<> revoke_tokens(Transaction& transaction, UserId const& user, Time now) {
    TRY(auto const tokens, transaction.tokens().of_user(user));
    for (auto const& token : tokens)
        TRY_VOID(revoke(transaction, login_of(token.id), Ends::SoFar, now));
    return {};
}

}  // namespace carrel
