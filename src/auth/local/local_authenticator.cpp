#include "auth/local/local_authenticator.hpp"

#include "auth/login_place.hpp"
#include "auth/secret.hpp"
#include "base/text.hpp"
#include "runtime/log.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

Result<std::unique_ptr<LocalAuthenticator>> LocalAuthenticator::create(Store& store,
                                                                       PasswordHasher const& hasher,
                                                                       Clock const& clock,
                                                                       LoginLimitPolicy policy,
                                                                       Directories* directories) {
    TRY(auto decoy, hasher.hash("nobody has this password"));
    return std::unique_ptr<LocalAuthenticator>(
        new LocalAuthenticator(store, hasher, clock, policy, directories, std::move(decoy)));
}

LocalAuthenticator::LocalAuthenticator(Store& store, PasswordHasher const& hasher,
                                       Clock const& clock, LoginLimitPolicy policy,
                                       Directories* directories, std::string decoy)
    : store_(store),
      hasher_(hasher),
      clock_(clock),
      limit_(clock, policy),
      directories_(directories),
      decoy_(std::move(decoy)) {}

Result<User> LocalAuthenticator::authenticate(Credentials const& credentials) {
    // What is no user name is limited and compared all the same, under one common name.
    auto const parsed = parse_user_name(credentials.username);
    auto const name = parsed ? *parsed : std::string();
    TRY(auto const found, find(name, credentials));
    auto const& user = found.user;
    auto const bucket = limited_name(name, credentials.username);
    LoginTry const attempt{.name = bucket,
                           .address = credentials.client_address,
                           .knows_address = found.knows_address,
                           .browser = found.browser};
    if (auto const refusal = limit_.take(attempt)) {
        if (refusal->first) note_limit(user, credentials.client_address);
        return fail(Code::LimitReached, "too many failed logins; try again in {} seconds",
                    refusal->wait.count());
    }
    bool const known = user && !user->password_hash.empty();
    bool const right = hasher_.matches(known ? user->password_hash : decoy_, credentials.password);
    if (!known || !right || user->disabled || user->removed_at) {
        auto elsewhere = ask_directories(credentials);
        if (elsewhere) limit_.succeeded(attempt);
        return elsewhere;
    }
    limit_.succeeded(attempt);
    if (hasher_.is_outdated(user->password_hash)) renew_hash(*user, credentials.password);
    return *user;
}

/// Directories know names that are none of ours: a class of them must not share one bucket.
std::string LocalAuthenticator::limited_name(std::string const& name,
                                             std::string_view typed) const {
    if (!name.empty() || directories_ == nullptr) return name;
    return "directory " + hash_secret(to_lower(trimmed(typed)));
}

Result<User> LocalAuthenticator::ask_directories(Credentials const& credentials) {
    if (directories_ == nullptr)
        return fail(Code::Unauthenticated, "the user name or the password is wrong");
    DirectoryQuestion const question{.username = std::string(trimmed(credentials.username)),
                                     .password = credentials.password,
                                     .address = credentials.client_address};
    if (!credentials.self) return directories_->log_in(question, credentials.invitation);
    TRY_VOID(directories_->confirm(*credentials.self, question));
    return *credentials.self;
}

Result<LocalAuthenticator::Found> LocalAuthenticator::find(std::string_view name,
                                                           Credentials const& credentials) {
    return store_.read([&](Transaction& transaction) -> Result<Found> {
        auto user = transaction.users().find_by_name(name);
        if (!user && user.error().code == Code::NotFound) return Found{};
        if (!user) return std::unexpected(std::move(user).error());
        auto const knows = [&](std::string const& place) {
            return place.empty() ? Result<bool>(false)
                                 : transaction.login_places().knows(user->id, place);
        };
        auto browser = place_of_browser(credentials.browser);
        TRY(auto const knows_browser, knows(browser));
        TRY(auto const knows_address, knows(place_of_address(credentials.client_address)));
        return Found{.user = *std::move(user),
                     .knows_address = knows_address,
                     .browser = knows_browser ? std::move(browser) : std::string()};
    });
}

/// Names known users only: what is typed where a name belongs may be a password.
void LocalAuthenticator::note_limit(std::optional<User> const& user, std::string const& address) {
    auto const noted = store_.write([&](Transaction& transaction) {
        Event event;
        event.at = clock_.now();
        event.kind = "logins_limited";
        event.subject = user ? user->name : std::string();
        event.message =
            user ? fmt::format("logins as {} are slowed down: too many have failed", user->name)
                 : "logins under an unknown name are slowed down: too many have failed";
        event.detail = nlohmann::json{{"address", address}}.dump();
        return transaction.events().append(event);
    });
    if (!noted) log::warn("login_limit_not_recorded", {{"cause", noted.error().message}});
}

void LocalAuthenticator::renew_hash(User const& user, std::string_view password) {
    auto const fresh = hasher_.hash(password);
    auto const written = !fresh ? Result<>(std::unexpected(fresh.error()))
                                : store_.write([&](Transaction& transaction) -> Result<> {
                                      TRY(auto current, transaction.users().find(user.id));
                                      // A password that changed meanwhile is not to be undone.
                                      if (current.password_hash != user.password_hash) return {};
                                      current.password_hash = *fresh;
                                      return transaction.users().update(current);
                                  });
    if (!written)
        log::warn("password_not_rehashed",
                  {{"user", user.name}, {"cause", written.error().message}});
}

}  // namespace carrel
