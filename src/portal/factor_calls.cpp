/// Second factors: the second step of a log-in, confirming who one is, and one's own factors.

#include "auth/factor/factor_removal.hpp"
#include "base/time_text.hpp"
#include "http/problem.hpp"
#include "portal/calls.hpp"
#include "portal/factor_input.hpp"
#include "portal/input.hpp"
#include "portal/own_password.hpp"
#include "portal/views.hpp"

namespace carrel {

namespace {

constexpr size_t longest_name = 60;

nlohmann::json view_of(SecondFactor const& factor) {
    return {{"id", factor.id},
            {"kind", name_of(factor.kind)},
            {"name", factor.name},
            {"created_at", format_time(factor.created_at)},
            {"last_used_at", time_or_null(factor.last_used_at)}};
}

Result<http::Response> second_step(PortalDependencies const& portal, http::Request& request) {
    TRY(auto const step, portal.steps.waiting(request));
    return http::Response::json(view_of(step));
}

Result<http::Response> ask_key(PortalDependencies const& portal, http::Request& request) {
    TRY_VOID(check_no_input(request));
    TRY(auto const options, portal.steps.ask_key(request));
    return http::Response::json({{"options", options}});
}

Result<http::Response> finish(PortalDependencies const& portal, http::Request& request) {
    TRY(auto input, JsonReader::of(request));
    auto const proof = read_proof(input);
    TRY_VOID(input.done());
    http::Response begun;
    auto const who = portal.steps.finish(proof, request, begun);
    if (!who && who.error().code == Code::LimitReached) return limited(who.error(), request);
    if (!who) return std::unexpected(who.error());
    return with_cookies(http::Response::json(view_of_me(*who)), begun);
}

Result<FactorQuestion> confirmation(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_by_session(visit));
    TRY(auto party, portal.steps.party(visit.request));
    return FactorQuestion{.user = visit.who.user,
                          .owner = visit.who.login.value(),
                          .purpose = "confirm",
                          .address = visit.request.client_address(),
                          .party = std::move(party)};
}

Result<http::Response> ask_key_again(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    TRY(auto const question, confirmation(portal, visit));
    TRY(auto const options, portal.steps.factors().ask_key(question));
    return http::Response::json({{"options", options}});
}

Result<http::Response> confirm(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto input, JsonReader::of(visit.request));
    auto const password = input.optional_text("password");
    auto const proof = password ? FactorProof() : read_proof(input);
    TRY_VOID(input.done());
    TRY(auto const question, confirmation(portal, visit));
    auto proved = password ? check_own_password(portal, visit, "password", *password)
                           : portal.steps.factors().prove(question, proof);
    if (!proved && proved.error().code == Code::LimitReached)
        return limited(proved.error(), visit.request);
    // Whoever asks is logged in, and stays so.
    if (!proved && proved.error().code == Code::Unauthenticated)
        proved.error().code = Code::InvalidArgument;
    TRY_VOID(proved);
    TRY_VOID(portal.gate.confirm(visit.who));
    return http::Response::empty();
}

Result<http::Response> list(PortalDependencies const& portal, Visit const& visit) {
    auto const user = visit.who.user.id;
    auto items = nlohmann::json::array();
    long long left = 0;
    TRY_VOID(portal.store.read([&](Transaction& transaction) -> Result<> {
        TRY(auto const factors, transaction.second_factors().of_user(user));
        for (auto const& factor : factors) items.push_back(view_of(factor));
        TRY(left, transaction.second_factors().recovery_codes_left(user));
        return {};
    }));
    return http::Response::json({{"factors", items}, {"recovery_codes_left", left}});
}

Result<http::Response> begin_setup(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto input, JsonReader::of(visit.request));
    auto const name = input.text("kind");
    TRY_VOID(input.done());
    TRY(auto const kind, parse_factor_kind(name));
    TRY_VOID(check_confirmed(portal, visit));
    TRY(auto const party, portal.steps.party(visit.request));
    TRY(auto const setup,
        portal.steps.factors().begin_setup(visit.who.user, visit.who.login, kind, party));
    return http::Response::json({{"id", setup.id},
                                 {"kind", name_of(setup.kind)},
                                 {"secret", text_or_null(setup.secret)},
                                 {"address", text_or_null(setup.address)},
                                 {"options", setup.options}},
                                201);
}

Result<http::Response> end_setup(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto input, JsonReader::of(visit.request));
    FactorEnd end{.setup = input.text("setup")};
    auto const name = input.text("name");
    end.proof = read_proof(input);
    TRY_VOID(input.done());
    TRY(end.name, parse_line("name", name, 1, longest_name));
    TRY_VOID(check_confirmed(portal, visit));
    TRY(auto const party, portal.steps.party(visit.request));
    TRY(auto const added,
        portal.steps.factors().end_setup(visit.who.user, visit.who.login, end, party));
    auto view = view_of(added.factor);
    view["recovery_codes"] = added.recovery_codes;
    return http::Response::json(view, 201);
}

Result<http::Response> remove(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    TRY_VOID(check_confirmed(portal, visit));
    TRY_VOID(portal.steps.factors().remove(visit.who.user, visit.request.parameter("id")));
    return http::Response::empty();
}

Result<http::Response> renew_codes(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    TRY_VOID(check_confirmed(portal, visit));
    TRY(auto const codes, portal.steps.factors().renew_recovery_codes(visit.who.user));
    return http::Response::json({{"recovery_codes", codes}}, 201);
}

/// For somebody who has lost everything they had. They are asked for the password alone, once.
Result<http::Response> reset(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    if (!visit.who.user.administrator)
        return fail(Code::PermissionDenied, "only administrators may do this");
    TRY_VOID(check_confirmed(portal, visit));
    TRY_VOID(portal.store.write([&](Transaction& transaction) -> Result<> {
        auto const name = parse_user_name(visit.request.parameter("username")).value_or("");
        auto const found = transaction.users().find_by_name(name);
        if (!found && found.error().code == Code::NotFound)
            return fail(Code::NotFound, "there is no such user");
        TRY_VOID(found);
        TRY_VOID(reset_factors(
            transaction, *found,
            {.actor = visit.who.user.name, .session = visit.who.login, .now = portal.clock.now()}));
        return {};
    }));
    return http::Response::empty();
}

Call own(std::string method, std::string path, std::string summary) {
    return {.method = std::move(method),
            .path = std::move(path),
            .summary = std::move(summary),
            .scope = Scope::Self,
            .for_setup = true};
}

void add_second_step_calls(Calls& calls) {
    calls.add_public({.method = "GET",
                      .path = "/session/factor",
                      .summary = "Which second step a log-in that has begun waits for",
                      .gives = "SecondStep",
                      .problems = {401}},
                     second_step);
    calls.add_public({.method = "POST",
                      .path = "/session/factor",
                      .summary = "The second step of a log-in; sets the session's cookie",
                      .takes = "FactorProof",
                      .gives = "Me",
                      .problems = {401, 429}},
                     finish);
    calls.add_public({.method = "POST",
                      .path = "/session/key-challenge",
                      .summary = "What a security key is asked in the second step; good once",
                      .gives = "KeyChallenge",
                      .problems = {401, 404}},
                     ask_key);
}

void add_confirmation_calls(Calls& calls) {
    auto confirmed = own("POST", "/session/confirmation", "Prove once more who one is");
    confirmed.takes = "Confirmation";
    confirmed.status = 204;
    confirmed.problems = {429, 503};
    confirmed.asks_directories = true;
    calls.add(std::move(confirmed), confirm);
    auto asked = own("POST", "/session/confirmation-challenge",
                     "What a security key is asked for that; good once");
    asked.gives = "KeyChallenge";
    asked.problems = {404};
    calls.add(std::move(asked), ask_key_again);
}

}  // namespace

nlohmann::json view_of(SecondStep const& step) {
    auto kinds = nlohmann::json::array();
    for (auto const kind : step.kinds) kinds.push_back(name_of(kind));
    return {{"second_step", kinds}, {"expires_at", format_time(step.expires_at)}};
}

FactorProof read_proof(JsonReader& input) {
    if (input.has("credential")) return {.credential = input.anything("credential")};
    return {.code = input.text("code")};
}

http::Response limited(Error const& error, http::Request const& request) {
    auto refusal = http::problem(error, request);
    refusal.headers.set("Retry-After", std::to_string(code_retry_after.count()));
    return refusal;
}

http::Response with_cookies(http::Response response, http::Response const& begun) {
    for (auto const& [name, value] : begun.headers) response.headers.add(name, value);
    return response;
}

void add_factor_calls(Calls& calls) {
    calls.topic("Second factors");
    add_second_step_calls(calls);
    add_confirmation_calls(calls);
    auto listed = own("GET", "/me/factors", "One's own second factors");
    listed.gives = "Factors";
    calls.add(std::move(listed), list);
    auto begun = own("POST", "/me/factor-setups",
                     "Begin to set up an app or a security key; once confirmed who one is");
    begun.takes = "NewFactorSetup";
    begun.gives = "FactorSetup";
    begun.status = 201;
    begun.problems = {409};
    calls.add(std::move(begun), begin_setup);
    auto ended = own("POST", "/me/factors", "End it with a code or the key's answer");
    ended.takes = "NewFactor";
    ended.gives = "AddedFactor";
    ended.status = 201;
    ended.problems = {404, 409};
    calls.add(std::move(ended), end_setup);
    auto removed = own("DELETE", "/me/factors/{id}", "Remove one; once confirmed who one is");
    removed.status = 204;
    removed.problems = {404};
    calls.add(std::move(removed), remove);
    auto renewed = own("POST", "/me/recovery-codes",
                       "New recovery codes in place of the old; once confirmed who one is");
    renewed.gives = "RecoveryCodes";
    renewed.status = 201;
    renewed.problems = {409};
    calls.add(std::move(renewed), renew_codes);
    calls.add({.method = "DELETE",
               .path = "/users/{username}/factors",
               .summary = "Take somebody's second factors away, who has lost them, and end their "
                          "sessions; for administrators, once confirmed who they are",
               .scope = Scope::AdminUsers,
               .status = 204,
               .problems = {404}},
              reset);
}

}  // namespace carrel
