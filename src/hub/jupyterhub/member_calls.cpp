#include "hub/jupyterhub/member_calls.hpp"

#include "base/text.hpp"
#include "hub/jupyterhub/answers.hpp"
#include "hub/jupyterhub/bodies.hpp"
#include "hub/jupyterhub/membership.hpp"

#include <algorithm>
#include <array>

namespace carrel::jupyterhub {

namespace {

using nlohmann::json;

/// What PATCH changes; what it does not know is refused, as a misspelt field would be.
struct UserChange {
    std::optional<std::string> name;
    std::optional<bool> admin;
};

Result<UserChange> read_change(json const& body) {
    constexpr std::array<std::string_view, 3> known{"name", "admin", "auth_state"};
    for (auto const& [key, value] : body.items())
        if (std::ranges::find(known, key) == known.end())
            return fail(Code::InvalidArgument, "Invalid JSON key: {}", for_log(key, 40));
    UserChange change;
    TRY(change.name, text_in(body, "name"));
    TRY(change.admin, truth_in(body, "admin"));
    TRY(auto const state, object_text_in(body, "auth_state"));
    if (state) return fail(Code::InvalidArgument, "auth_state is not kept here");
    return change;
}

Result<> check_name(Transaction& transaction, User const& user, UserChange const& change) {
    if (!change.name || *change.name == user.name) return {};
    auto const taken = transaction.users().find_by_name(*change.name);
    if (taken)
        return fail(Code::InvalidArgument, "User {} already exists, username must be unique",
                    taken->name);
    return fail(Code::InvalidArgument,
                "accounts are Carrel's, and keep their names: {} cannot be renamed", user.name);
}

}  // namespace

void MemberCalls::add_routes(http::Router& router) {
    ApiRoutes routes(router, *this);
    routes.add("POST", "/users", &MemberCalls::make_many);
    routes.add("POST", "/users/{name}", &MemberCalls::make);
    routes.add("PATCH", "/users/{name}", &MemberCalls::change);
    routes.add("DELETE", "/users/{name}", &MemberCalls::remove);
}

/// Those who belong already are passed over; all or none of the others are made.
MemberCalls::Answer MemberCalls::make_many(http::Request& request) {
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const caller, callers_.identify(request));
        // A scope for some users is none for users who are not there yet.
        TRY_VOID(require_all(caller, "admin:users"));
        TRY(auto const body, object_in(request));
        TRY(auto const names, words_in(body, "usernames"));
        TRY(auto const admin, truth_in(body, "admin"));
        if (!names || names->empty())
            return fail(Code::InvalidArgument, "Must specify at least one user to create");
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            json models = json::array();
            for (auto const& name : *names) {
                auto const belongs = find_user_of_hub(transaction, caller.course, name);
                if (belongs) continue;
                if (belongs.error().code != Code::NotFound) return std::unexpected(belongs.error());
                TRY(auto person, admit(transaction, caller, name, use_.random, use_.clock.now()));
                if (admin)
                    TRY_VOID(set_administrator(transaction, caller, person.user, *admin,
                                               use_.clock.now()));
                models.push_back(user_model(caller, person));
            }
            if (models.empty())
                return fail(Code::Conflict, "All {} users already exist", names->size());
            return http::Response::json(models, 201);
        });
    });
}

MemberCalls::Answer MemberCalls::make(http::Request& request) {
    auto const& name = request.parameter("name");
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const caller, callers_.identify(request));
        TRY_VOID(require_scope(caller, "admin:users", {.user = name}));
        TRY(auto const body, object_in(request));
        TRY(auto const change, read_change(body));
        if (change.name && *change.name != name)
            return fail(Code::InvalidArgument, "the name is in the address already");
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            auto const belongs = find_user_of_hub(transaction, caller.course, name);
            if (belongs) return fail(Code::Conflict, "User {} already exists", name);
            if (belongs.error().code != Code::NotFound) return std::unexpected(belongs.error());
            TRY(auto person, admit(transaction, caller, name, use_.random, use_.clock.now()));
            if (change.admin)
                TRY_VOID(set_administrator(transaction, caller, person.user, *change.admin,
                                           use_.clock.now()));
            return http::Response::json(user_model(caller, person), 201);
        });
    });
}

MemberCalls::Answer MemberCalls::change(http::Request& request) {
    auto const& name = request.parameter("name");
    Person person;
    CO_TRY(auto const caller, co_await use_.pool.run([&]() -> Result<Caller> {
        TRY(auto found, callers_.identify(request));
        TRY_VOID(require_scope(found, "admin:users", {.user = name}));
        TRY(auto const body, object_in(request));
        TRY(auto const change, read_change(body));
        TRY_VOID(use_.store.write([&](Transaction& transaction) -> Result<> {
            TRY(auto user, find_user_of_hub(transaction, found.course, name));
            TRY_VOID(check_name(transaction, user, change));
            if (change.admin)
                TRY_VOID(
                    set_administrator(transaction, found, user, *change.admin, use_.clock.now()));
            auto left = find_person(transaction, callers_.roles(), found.course, name);
            // An administrator who is none any more may have nothing else to do with this hub.
            if (!left && left.error().code != Code::NotFound) return std::unexpected(left.error());
            person = left ? *std::move(left) : Person{.user = std::move(user)};
            return {};
        }));
        return found;
    }));
    person.servers = servers_.active_of(caller.course.id, person.user.id);
    co_return http::Response::json(user_model(caller, person));
}

/// First nobody can start their servers any more, then these are stopped.
MemberCalls::Answer MemberCalls::remove(http::Request& request) {
    auto const& name = request.parameter("name");
    User user;
    CO_TRY(auto const caller, co_await use_.pool.run([&]() -> Result<Caller> {
        TRY(auto found, callers_.identify(request));
        TRY_VOID(require_scope(found, "delete:users", {.user = name}));
        TRY_VOID(use_.store.write([&](Transaction& transaction) -> Result<> {
            TRY(user, find_user_of_hub(transaction, found.course, name));
            return send_away(transaction, found, user, use_.clock.now());
        }));
        return found;
    }));
    for (auto const& server : servers_.active_of(caller.course.id, user.id))
        CO_TRY_VOID(co_await servers_.stop(server->owner.key(), caller.actor(), "server_stopped",
                                           "Stopped because you are no longer a participant"));
    co_return http::Response::empty(204);
}

}  // namespace carrel::jupyterhub
