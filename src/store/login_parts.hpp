#pragma once

/// The parts of a transaction that belong to logging in, beside users, sessions and tokens; what is
/// common to all parts is said in store/transaction.hpp.

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "domain/second_factor.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace carrel {

/// What people have beside their passwords.
class SecondFactors {
public:
    virtual ~SecondFactors() = default;
    virtual Result<> insert(SecondFactor const& factor) = 0;  ///< unique: credential
    virtual Result<std::vector<SecondFactor>> of_user(UserId const& user) = 0;  ///< oldest first
    /// Writes down that it was used, and how far it has counted. False when it had counted as far
    /// before, or is gone: whoever uses it now has a copy, or repeats what somebody else sent.
    virtual Result<bool> use(std::string_view id, long long counter, Time at) = 0;
    virtual Result<> remove(std::string_view id) = 0;

    /// In place of those that are there.
    virtual Result<> set_recovery_codes(UserId const& user,
                                        std::vector<std::string> const& hashes) = 0;
    /// Takes it away; false when it was not there.
    virtual Result<bool> use_recovery_code(UserId const& user, std::string_view hash) = 0;
    virtual Result<long long> recovery_codes_left(UserId const& user) = 0;
};

/// Logins between their two steps, and what was given out to be brought back.
class HalfLogins {
public:
    virtual ~HalfLogins() = default;
    virtual Result<> insert(HalfLogin const& login) = 0;
    virtual Result<HalfLogin> find(std::string_view hash) = 0;
    virtual Result<> count_wrong(std::string_view hash) = 0;
    /// With its challenges. False when it was not there.
    virtual Result<bool> remove(std::string_view hash) = 0;
    virtual Result<> remove_of_user(UserId const& user) = 0;

    /// In place of the one that its owner has for the same purpose.
    virtual Result<> put_challenge(FactorChallenge const& challenge) = 0;
    /// Takes it away. NotFound also when it is another owner's, or for another purpose.
    virtual Result<FactorChallenge> take_challenge(std::string_view id, std::string_view owner,
                                                   std::string_view purpose) = 0;
    /// The number of logins.
    virtual Result<long long> remove_expired(Time now) = 0;
};

/// Where people have logged in, by whatever names the caller gives places.
class LoginPlaces {
public:
    static constexpr int most = 50;  ///< that are kept of each user: the newest
    virtual ~LoginPlaces() = default;
    virtual Result<> note(UserId const& user, std::string_view place, Time at) = 0;
    virtual Result<bool> knows(UserId const& user, std::string_view place) = 0;
    virtual Result<long long> remove_before(Time time) = 0;
    virtual Result<> remove_of_user(UserId const& user) = 0;
};

}  // namespace carrel
