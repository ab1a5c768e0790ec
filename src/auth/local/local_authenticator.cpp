#include "auth/local/local_authenticator.hpp"

#include "base/text.hpp"
#include "runtime/log.hpp"

namespace carrel {

Result<std::unique_ptr<LocalAuthenticator>> LocalAuthenticator::create(Store& store,
                                                                       PasswordHasher const& hasher,
                                                                       Clock const& clock,
                                                                       LoginLimitPolicy policy) {
    TRY(auto decoy, hasher.hash("nobody has this password"));
    return std::unique_ptr<LocalAuthenticator>(
        new LocalAuthenticator(store, hasher, clock, policy, std::move(decoy)));
}

LocalAuthenticator::LocalAuthenticator(Store& store, PasswordHasher const& hasher,
                                       Clock const& clock, LoginLimitPolicy policy,
                                       std::string decoy)
    : store_(store), hasher_(hasher), limit_(clock, policy), decoy_(std::move(decoy)) {}

Result<User> LocalAuthenticator::authenticate(Credentials const& credentials) {
    // What is no user name is limited and compared all the same, under one common name.
    auto const parsed = parse_user_name(credentials.username);
    auto const name = parsed ? *parsed : std::string();
    TRY_VOID(limit_.take(name, credentials.client_address));
    TRY(auto const user, find(name));
    bool const known = user && !user->password_hash.empty();
    bool const right = hasher_.matches(known ? user->password_hash : decoy_, credentials.password);
    if (!known || !right || user->disabled)
        return fail(Code::Unauthenticated, "the user name or the password is wrong");
    limit_.succeeded(name, credentials.client_address);
    if (hasher_.is_outdated(user->password_hash)) renew_hash(*user, credentials.password);
    return *user;
}

Result<std::optional<User>> LocalAuthenticator::find(std::string_view name) {
    auto found = store_.read(
        [&](Transaction& transaction) { return transaction.users().find_by_name(name); });
    if (found) return *std::move(found);
    if (found.error().code == Code::NotFound) return std::nullopt;
    return std::unexpected(std::move(found).error());
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
