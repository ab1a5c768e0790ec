#include "portal/administration.hpp"

#include "base/text.hpp"

namespace carrel {

namespace {

std::unexpected<Error> not_for_others() {
    return fail(Code::PermissionDenied, "only administrators may do this");
}

}  // namespace

Result<> check_administrator(Visit const& visit) {
    if (!visit.who.user.administrator) return not_for_others();
    return {};
}

Result<User> acting_administrator(Transaction& transaction, Visit const& visit) {
    TRY(auto actor, transaction.users().find(visit.who.user.id));
    if (!actor.administrator || !actor.may_enter()) return not_for_others();
    return actor;
}

Result<User> find_account(Transaction& transaction, std::string const& text) {
    auto const nobody = fail(Code::NotFound, "there is no user '{}'", for_log(text, 63));
    auto const name = parse_user_name(text);
    if (!name) return nobody;
    auto user = transaction.users().find_by_name(*name);
    if (!user && user.error().code == Code::NotFound) return nobody;
    return user;
}

}  // namespace carrel
