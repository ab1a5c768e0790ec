/// Removing people from the installation, for administrators.

#include "auth/access/access_policy.hpp"
#include "auth/removal/removal_order.hpp"
#include "base/text.hpp"
#include "portal/administration.hpp"
#include "portal/input.hpp"
#include "portal/views.hpp"

#include "base/time_text.hpp"

namespace carrel {

namespace {

using nlohmann::json;

/// As many as anybody looks at; the audit log has them all.
constexpr int most_shown = 200;

json view_of(Removal const& removal) {
    return {{"username", removal.name},
            {"leftovers", name_of(removal.leftovers)},
            {"ordered_by", text_or_null(removal.ordered_by)},
            {"ordered_at", format_time(removal.ordered_at)},
            {"finished_at", time_or_null(removal.finished_at)},
            {"problem", text_or_null(removal.problem)}};
}

Result<http::Response> remove_user(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_administrator(visit));
    TRY(auto input, JsonReader::of(visit.request));
    auto const chosen = input.optional_text("leftovers");
    TRY_VOID(input.done());
    // There is no usual choice: nobody's work goes, or stays, because somebody said nothing.
    TRY(auto const leftovers, parse_leftovers(chosen.value_or("")));
    auto const now = portal.clock.now();
    TRY(auto const removal, portal.store.write([&](Transaction& transaction) -> Result<Removal> {
        TRY(auto const actor, acting_administrator(transaction, visit));
        TRY(auto user, find_account(transaction, visit.request.parameter("username")));
        if (user.id == actor.id)
            return fail(Code::Conflict, "nobody removes themselves; another administrator has to");
        return order_removal(
            transaction, std::move(user),
            {.leftovers = leftovers, .ordered_by = visit.who.user.name, .now = now});
    }));
    return http::Response::json(view_of(removal), 202);
}

Result<http::Response> list_removals(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_administrator(visit));
    TRY(auto const removals, portal.store.read([](Transaction& transaction) {
        return transaction.removals().newest(most_shown);
    }));
    auto items = json::array();
    for (auto const& removal : removals) items.push_back(view_of(removal));
    return http::Response::json({{"items", std::move(items)}, {"next", nullptr}});
}

Result<http::Response> bring_user_back(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_administrator(visit));
    TRY_VOID(check_no_input(visit.request));
    TRY(auto const user, portal.store.write([&](Transaction& transaction) -> Result<User> {
        TRY(auto found, find_account(transaction, visit.request.parameter("username")));
        if (!found.removed_at) return fail(Code::Conflict, "{} is not removed", found.name);
        TRY_VOID(bring_back(transaction, found, visit.who.user.name, portal.clock.now()));
        TRY_VOID(announce_access_change(transaction));
        return found;
    }));
    return http::Response::json(carrel::view_of(user));
}

}  // namespace

void add_removal_calls(Calls& calls) {
    calls.topic("Users");
    calls.add({.method = "POST",
               .path = "/users/{username}/removal",
               .summary = "Remove a person from the installation, and say what becomes of their "
                          "files; for administrators",
               .scope = Scope::AdminUsers,
               .takes = "NewRemoval",
               .gives = "Removal",
               .status = 202,
               .problems = {404, 409}},
              remove_user);
    calls.add({.method = "DELETE",
               .path = "/users/{username}/removal",
               .summary = "Bring back somebody whose files were kept, without roles and a password",
               .scope = Scope::AdminUsers,
               .gives = "User",
               .problems = {404, 409}},
              bring_user_back);
    calls.add({.method = "GET",
               .path = "/removals",
               .summary = "Who has been removed, newest first, and what is still to be done",
               .scope = Scope::AdminUsers,
               .gives = "Removal[]"},
              list_removals);
}

}  // namespace carrel
