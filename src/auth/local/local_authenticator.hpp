#pragma once

/// Logs in by the passwords in the store, and by those that a directory knows: the store's come
/// first.
///
/// An unknown name, a wrong password and a disabled user cost the same time and give the same
/// sentence, so that nobody learns which names exist. Thread-safe. Owned by app/wiring.

#include "auth/authenticator.hpp"
#include "auth/directory/directories.hpp"
#include "auth/local/login_limit.hpp"
#include "auth/local/password_hasher.hpp"
#include "store/store.hpp"

#include <memory>
#include <optional>

namespace carrel {

class LocalAuthenticator final : public Authenticator {
public:
    /// `directories` outlive it; null: there are none.
    /// LimitReached: not enough memory to hash even one password.
    [[nodiscard]] static Result<std::unique_ptr<LocalAuthenticator>> create(
        Store& store, PasswordHasher const& hasher, Clock const& clock,
        LoginLimitPolicy policy = {}, Directories* directories = nullptr);

    Result<User> authenticate(Credentials const& credentials) override;

private:
    LocalAuthenticator(Store& store, PasswordHasher const& hasher, Clock const& clock,
                       LoginLimitPolicy policy, Directories* directories, std::string decoy);
    /// Who tries to log in, and whether they have done so from there before.
    struct Found {
        std::optional<User> user = {};
        bool knows_address = false;
        std::string browser = {};  ///< the place of a known one
    };
    Result<Found> find(std::string_view name, Credentials const& credentials);
    Result<User> ask_directories(Credentials const& credentials);
    [[nodiscard]] std::string limited_name(std::string const& name, std::string_view typed) const;
    void note_limit(std::optional<User> const& user, std::string const& address);
    void renew_hash(User const& user, std::string_view password);

    Store& store_;
    PasswordHasher const& hasher_;
    Clock const& clock_;
    LoginLimit limit_;
    Directories* directories_;
    std::string decoy_;  ///< what an unknown user's password is compared with
};

}  // namespace carrel
