#pragma once

/// The tables of logins with providers; a part of `Transaction`, whose rules hold here.

#include "base/result.hpp"
#include "domain/login.hpp"

#include <string_view>
#include <vector>

namespace carrel {

class LoginIdentities {
public:
    virtual ~LoginIdentities() = default;
    /// Unique: login and subject; login and user.
    virtual Result<> insert(LoginIdentity const& identity) = 0;
    virtual Result<> update(LoginIdentity const& identity) = 0;
    virtual Result<LoginIdentity> find(std::string_view login, std::string_view subject) = 0;
    /// By login.
    virtual Result<std::vector<LoginIdentity>> of_user(UserId const& user) = 0;
    virtual Result<> remove(std::string_view login, UserId const& user) = 0;
};

class PendingLogins {
public:
    virtual ~PendingLogins() = default;
    virtual Result<> insert(PendingLogin const& pending) = 0;
    /// Removes it and returns it, so that nobody gets it twice. NotFound: there is none.
    virtual Result<PendingLogin> take(std::string_view hash) = 0;
    virtual Result<long long> remove_expired(Time now) = 0;
};

/// Gone with their sessions.
class ProviderSessions {
public:
    virtual ~ProviderSessions() = default;
    virtual Result<> insert(ProviderSession const& session) = 0;
    virtual Result<> update(ProviderSession const& session) = 0;
    virtual Result<ProviderSession> find(SessionId const& session) = 0;
    /// Those of one log-in, with a refresh token, that were last refreshed at `before` or earlier
    /// and have been used since; at most `most`, the oldest first.
    virtual Result<std::vector<ProviderSession>> due(std::string_view login, Time before,
                                                     int most) = 0;
    /// Sets when it was refreshed; false: it has ended, or somebody else was faster.
    virtual Result<bool> claim(SessionId const& session, Time was, Time now) = 0;
};

}  // namespace carrel
