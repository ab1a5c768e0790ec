#include "portal/new_user.hpp"

namespace carrel {

namespace {

constexpr size_t longest_display_name = 100;

}  // namespace

NewUser read_new_user(JsonReader& input) {
    NewUser wanted;
    wanted.username = input.text("username");
    wanted.password = input.text("password");
    wanted.email = input.optional_text("email").value_or("");
    wanted.display_name = input.optional_text("display_name").value_or("");
    return wanted;
}

Result<User> make_user(PortalDependencies const& portal, NewUser const& wanted, Chooser chooser) {
    User user;
    TRY(user.name, parse_user_name(wanted.username));
    TRY_VOID(check_new_name(user.name, chooser));
    TRY_VOID(check_password(wanted.password, user.name));
    TRY_VOID(check_email(wanted.email));
    auto const& shown = wanted.display_name.empty() ? user.name : wanted.display_name;
    TRY(user.display_name, parse_display_name(shown));
    TRY(user.password_hash, portal.passwords.hash(wanted.password));
    user.id = UserId(portal.random.uuid());
    user.email = wanted.email;
    user.created_at = portal.clock.now();
    return user;
}

Result<> insert_user(Transaction& transaction, User const& user) {
    if (transaction.users().find_by_name(user.name))
        return std::unexpected(
            Error{Code::Conflict, fmt::format("the user name {} is taken", user.name), "username"});
    return transaction.users().insert(user);
}

Result<std::string> parse_display_name(std::string_view text) {
    return parse_line("display_name", text, 1, longest_display_name);
}

}  // namespace carrel
