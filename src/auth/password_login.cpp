#include "auth/password_login.hpp"

#include "auth/login_place.hpp"
#include "runtime/log.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

/// Names known users only: what is typed where a name belongs may be a password. A failed login as
/// nobody is written down too, so that it takes as long.
void PasswordLogin::note_failure(std::string_view username, std::string const& address) {
    auto const name = parse_user_name(username).value_or("");
    auto const noted = store_.write([&](Transaction& transaction) {
        auto const user = transaction.users().find_by_name(name);
        Event event;
        event.at = clock_.now();
        event.kind = "login_failed";
        event.subject = user ? user->name : std::string();
        event.message = user ? fmt::format("a login as {} failed", user->name)
                             : "a login under an unknown name failed";
        event.detail = nlohmann::json{{"address", address}}.dump();
        return transaction.events().append(event);
    });
    if (!noted) log::warn("login_failure_not_recorded", {{"cause", noted.error().message}});
}

Result<LoginOutcome> PasswordLogin::log_in(PasswordTyped const& typed, http::Request const& request,
                                           http::Response& response) {
    // First: another site must not even guess through its visitors.
    TRY_VOID(check_same_origin(request));
    Credentials const credentials{.username = typed.username,
                                  .password = typed.password,
                                  .client_address = request.client_address(),
                                  .browser = browser_of(request),
                                  .invitation = typed.invitation};
    auto const user = authenticator_.authenticate(credentials);
    if (!user) {
        if (user.error().code == Code::Unauthenticated)
            note_failure(typed.username, credentials.client_address);
        return std::unexpected(user.error());
    }
    return steps_.begin(*user, FirstStep::Password, request, response);
}

}  // namespace carrel
