/// API tokens: made, listed and deleted by their owner.

#include "auth/logins.hpp"
#include "auth/secret.hpp"
#include "base/time_text.hpp"
#include "portal/calls.hpp"
#include "portal/input.hpp"
#include "portal/record.hpp"
#include "portal/views.hpp"

#include <algorithm>

namespace carrel {

namespace {

constexpr size_t longest_note = 200;
constexpr int longest_life = 10 * 366 * 86400;  // seconds
constexpr size_t most_tokens = 100;

struct NewToken {
    std::string note;
    std::optional<int> expires_in;
    Scopes scopes;
};

Result<NewToken> read_new_token(Visit const& visit) {
    TRY(auto input, JsonReader::of(visit.request));
    NewToken wanted;
    auto const note = input.text("note");
    wanted.expires_in = input.optional_whole("expires_in");
    std::optional<std::vector<std::string>> names;
    if (input.has("scopes")) names = input.texts("scopes");
    TRY_VOID(input.done());
    TRY(wanted.note, parse_line("note", note, 0, longest_note));
    if (wanted.expires_in && (*wanted.expires_in < 1 || *wanted.expires_in > longest_life))
        return fail_field("expires_in", "a token lasts 1 second to {} seconds", longest_life);
    wanted.scopes = visit.who.scopes;
    if (names) {
        TRY(wanted.scopes, parse_scopes(fmt::format("{}", fmt::join(*names, " "))));
    }
    for (auto const scope : wanted.scopes)
        if (!visit.who.scopes.contains(scope))
            return fail(Code::PermissionDenied,
                        "this token lacks the scope {} and cannot give it on", name_of(scope));
    return wanted;
}

/// A token made with a token does not outlive it: neither its time, nor its deletion. Nothing for a
/// token that is made with a session.
Result<std::optional<TokenId>> maker_of(Visit const& visit, std::vector<Token> const& own,
                                        Token const& token) {
    if (visit.who.by_cookie) return std::nullopt;
    auto const maker = std::ranges::find(own, visit.who.login,
                                         [](Token const& each) { return login_of(each.id); });
    if (maker == own.end())
        return fail(Code::Unauthenticated, "the token that makes this one was deleted meanwhile");
    if (maker->expires_at && (!token.expires_at || *token.expires_at > *maker->expires_at))
        return fail(Code::PermissionDenied,
                    "this token ends at {} and makes none that lasts longer",
                    format_time(*maker->expires_at));
    return maker->id;
}

Result<http::Response> make_token(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto const wanted, read_new_token(visit));
    auto const now = portal.clock.now();
    auto const secret = make_token_secret(portal.random);
    Token token;
    token.id = TokenId(portal.random.uuid());
    token.secret_hash = hash_secret(secret);
    token.user = visit.who.user.id;
    token.note = wanted.note;
    token.scopes = format_scopes(wanted.scopes);
    token.created_at = now;
    if (wanted.expires_in) token.expires_at = now + Seconds(*wanted.expires_in);
    TRY_VOID(portal.store.write([&](Transaction& transaction) -> Result<> {
        TRY(auto const own, transaction.tokens().of_user(token.user));
        TRY(token.made_with, maker_of(visit, own, token));
        if (own.size() >= most_tokens)
            return fail(Code::Conflict, "you have {} tokens already; delete one first", own.size());
        TRY_VOID(transaction.tokens().insert(token));
        return record(transaction, now,
                      {.kind = "token_created",
                       .actor = visit.who.user.name,
                       .subject = visit.who.user.name,
                       .message = fmt::format("{} made an API token", visit.who.user.name),
                       .detail = {{"token", token.id.value()}, {"scopes", token.scopes}}});
    }));
    auto view = view_of(token);
    view["token"] = secret;
    return http::Response::json(view, 201);
}

Result<http::Response> list_tokens(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto const tokens, portal.store.read([&](Transaction& transaction) {
        return transaction.tokens().of_user(visit.who.user.id);
    }));
    std::vector<nlohmann::json> items;
    for (auto const& token : tokens) items.push_back(view_of(token));
    // There are never more than a page of them.
    return http::Response::json(page_of(std::move(items), {}, most_tokens));
}

Result<http::Response> delete_token(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    auto const now = portal.clock.now();
    auto gone = nlohmann::json::array();
    TRY_VOID(portal.store.write([&](Transaction& transaction) -> Result<> {
        auto const token = transaction.tokens().find(TokenId(visit.request.parameter("id")));
        bool const missing = !token && token.error().code == Code::NotFound;
        if (missing || (token && token->user != visit.who.user.id))
            return fail(Code::NotFound, "you have no such token");
        if (!token) return std::unexpected(token.error());
        TRY(auto const ended, end_token(transaction, *token, now));
        gone = nlohmann::json::array();
        for (auto const& id : ended) gone.push_back(id.value());
        return record(transaction, now,
                      {.kind = "token_deleted",
                       .actor = visit.who.user.name,
                       .subject = visit.who.user.name,
                       .message = fmt::format("{} deleted an API token", visit.who.user.name),
                       .detail = {{"token", token->id.value()}, {"deleted", gone}}});
    }));
    return http::Response::json({{"deleted", gone}});
}

}  // namespace

void add_token_calls(Calls& calls) {
    calls.topic("Tokens");
    calls.add({.method = "POST",
               .path = "/tokens",
               .summary = "Make an API token; it is shown this once",
               .scope = Scope::Self,
               .takes = "NewToken",
               .gives = "MadeToken",
               .status = 201,
               .problems = {409}},
              make_token);
    calls.add({.method = "GET",
               .path = "/tokens",
               .summary = "One's own API tokens",
               .scope = Scope::Self,
               .gives = "Token[]"},
              list_tokens);
    calls.add({.method = "DELETE",
               .path = "/tokens/{id}",
               .summary = "Delete one of one's own API tokens, and every token made with it",
               .scope = Scope::Self,
               .gives = "DeletedTokens",
               .problems = {404}},
              delete_token);
}

}  // namespace carrel
