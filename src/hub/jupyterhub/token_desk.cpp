#include "hub/jupyterhub/token_desk.hpp"

#include "auth/logins.hpp"
#include "auth/secret.hpp"
#include "base/time_text.hpp"
#include "hub/jupyterhub/models.hpp"
#include "hub/jupyterhub/names.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel::jupyterhub {

namespace {

using nlohmann::json;

constexpr size_t longest_note = 1024;
constexpr long long longest_life = 100LL * 366 * 86400;

Result<std::vector<std::string>> words_in(json const& body, char const* key) {
    std::vector<std::string> words;
    auto const found = body.find(key);
    if (found == body.end() || found->is_null()) return words;
    if (!found->is_array()) return fail(Code::InvalidArgument, "'{}' is a list of strings", key);
    for (auto const& each : *found) {
        if (!each.is_string()) return fail(Code::InvalidArgument, "'{}' is a list of strings", key);
        words.push_back(each.get<std::string>());
    }
    return words;
}

/// With what the new token ends: the token that it is made with, whichever kind it is.
SessionId maker_of(Caller const& caller) {
    if (caller.token) return login_of_hub_token(caller.token->id);
    return caller.by_cookie ? SessionId() : caller.login;
}

}  // namespace

Result<TokenWish> read_token_wish(json const& body, rbac::RoleBook const& roles) {
    TokenWish wish{.note = "Requested via api"};
    if (auto const note = body.find("note"); note != body.end() && !note->is_null()) {
        if (!note->is_string()) return fail(Code::InvalidArgument, "'note' is a string");
        wish.note = note->get<std::string>().substr(0, longest_note);
    }
    if (auto const lasts = body.find("expires_in"); lasts != body.end() && !lasts->is_null()) {
        if (!lasts->is_number_integer() || lasts->get<double>() < 0 ||
            lasts->get<double>() > static_cast<double>(longest_life))
            return fail(Code::InvalidArgument, "'expires_in' is a number of seconds");
        // 0 is "never", as in JupyterHub.
        if (auto const seconds = lasts->get<long long>(); seconds > 0)
            wish.lasts = Seconds(seconds);
    }
    TRY(wish.scopes, words_in(body, "scopes"));
    TRY(auto const names, words_in(body, "roles"));
    if (!names.empty() && !wish.scopes.empty())
        return fail(Code::InvalidArgument, "'roles' and 'scopes' cannot be given both");
    for (auto const& name : names) {
        auto const role = roles.find(name);
        if (!role) return fail(Code::InvalidArgument, "{}", role.error().message);
        wish.scopes.insert(wish.scopes.end(), role->scopes.begin(), role->scopes.end());
    }
    if (wish.scopes.empty()) wish.scopes = {"inherit"};
    return wish;
}

Result<MadeToken> make_token(Transaction& transaction, Caller const& caller, User const& owner,
                             TokenWish const& wish, Random& random, Time now) {
    rbac::Holder const holder{.user = owner.name};
    TRY(auto const rights, rights_of(transaction, *caller.book, caller.course, owner));
    bool const inherits = std::ranges::find(wish.scopes, "inherit") != wish.scopes.end();
    TRY(auto wanted, rbac::ScopeSet::expand(wish.scopes, holder, caller.book->custom_scopes()));
    if (inherits) wanted.include(rights.scopes);
    TRY(auto const in_group,
        membership_for(transaction, caller.course, {&rights.scopes, &wanted, &caller.scopes}));
    if (!rights.scopes.contains(wanted, in_group))
        return fail(Code::InvalidArgument,
                    "Not assigning requested scopes: they are more than their owner has");
    // Somebody's own token must not give them a stronger one; an administrator's own rights are not
    // their user's, and need not cover them.
    if (caller.user.id == owner.id && !caller.scopes.contains(wanted, in_group))
        return fail(Code::InvalidArgument,
                    "Not assigning requested scopes: they are more than the token that asks has");
    MadeToken made{.secret = random.hex(16)};
    auto& token = made.token;
    token.secret_hash = hash_secret(made.secret);
    token.course = caller.course.id;
    token.user = owner.id;
    token.scopes = rbac::join_scopes(wish.scopes);
    token.note = wish.note;
    token.login = maker_of(caller);
    token.created_at = now;
    if (wish.lasts) token.expires_at = now + *wish.lasts;
    // No token gives itself a longer life.
    if (!caller.by_cookie && caller.ends_at)
        token.expires_at = std::min(token.expires_at.value_or(*caller.ends_at), *caller.ends_at);
    TRY(token.id, transaction.hub_tokens().insert(token));
    return made;
}

json token_model(HubToken const& token, std::string_view owner) {
    bool const by_login = token.kind == HubTokenKind::OAuth && !token.login.empty();
    return {{"user", owner},
            {"id", token_id(token.id)},
            {"kind", "api_token"},
            {"roles", json::array()},
            {"scopes", rbac::split_scopes(token.scopes)},
            {"created", format_time_micro(token.created_at)},
            {"last_activity", time_or_null(token.last_used_at)},
            {"expires_at", time_or_null(token.expires_at)},
            {"note", token.note},
            {"session_id", by_login ? json(session_id_of(token.login)) : json(nullptr)},
            {"oauth_client", token.client.empty() ? "JupyterHub" : token.client}};
}

}  // namespace carrel::jupyterhub
