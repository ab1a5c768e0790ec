#include "auth/logins.hpp"

#include <nlohmann/json.hpp>

#include <ranges>

namespace carrel {

namespace {

enum class Ends { ForGood, SoFar };

Result<> revoke(Transaction& transaction, SessionId const& login, Ends ends, Time now) {
    TRY_VOID(end_hub_tokens(transaction, login));
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

Result<> end_hub_tokens(Transaction& transaction, SessionId const& login) {
    TRY_VOID(transaction.hub_codes().remove_of_login(login));
    TRY(auto const ids, transaction.hub_tokens().of_login(login));
    for (auto const id : ids) TRY_VOID(end_hub_token(transaction, id));
    return {};
}

Result<> end_hub_token(Transaction& transaction, long long id) {
    // Removed first: who made whom is a tree, and stays one.
    TRY_VOID(transaction.hub_tokens().remove(id));
    return end_hub_tokens(transaction, login_of_hub_token(id));
}

SessionId login_of_hub_token(long long id) { return SessionId(fmt::format("hub-token:{}", id)); }

SessionId login_of(TokenId const& token) { return SessionId("token:" + token.value()); }

Result<> end_session(Transaction& transaction, SessionId const& session, Time now) {
    TRY_VOID(transaction.sessions().remove(session));
    return revoke(transaction, session, Ends::ForGood, now);
}

Result<std::vector<TokenId>> end_token(Transaction& transaction, Token const& token, Time now) {
    TRY(auto const own, transaction.tokens().of_user(token.user));
    std::vector<TokenId> family{token.id};
    // Grows while it is walked: each one's own come after it.
    for (size_t i = 0; i < family.size(); ++i)
        for (auto const& each : own)
            if (each.made_with == family[i]) family.push_back(each.id);
    // The youngest first, because each row refers to its maker's.
    for (auto const& id : std::views::reverse(family)) {
        TRY_VOID(transaction.tokens().remove(id));
        TRY_VOID(revoke(transaction, login_of(id), Ends::ForGood, now));
    }
    return family;
}

Result<> end_sessions(Transaction& transaction, UserId const& user,
                      std::optional<SessionId> const& keep, Time now) {
    TRY_VOID(transaction.half_logins().remove_of_user(user));
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
