#pragma once

/// Second factors, and logins that wait for one.

#include "store/sql/connection.hpp"
#include "store/transaction.hpp"

namespace carrel {

class SecondFactorsTable final : public SecondFactors {
public:
    explicit SecondFactorsTable(Connection& connection) : connection_(connection) {}
    Result<> insert(SecondFactor const& factor) override;
    Result<std::vector<SecondFactor>> of_user(UserId const& user) override;
    Result<bool> use(std::string_view id, long long counter, Time at) override;
    Result<> remove(std::string_view id) override;

    Result<> set_recovery_codes(UserId const& user,
                                std::vector<std::string> const& hashes) override;
    Result<bool> use_recovery_code(UserId const& user, std::string_view hash) override;
    Result<long long> recovery_codes_left(UserId const& user) override;

private:
    Connection& connection_;
};

class HalfLoginsTable final : public HalfLogins {
public:
    explicit HalfLoginsTable(Connection& connection) : connection_(connection) {}
    Result<> insert(HalfLogin const& login) override;
    Result<HalfLogin> find(std::string_view hash) override;
    Result<> count_wrong(std::string_view hash) override;
    Result<bool> remove(std::string_view hash) override;
    Result<> remove_of_user(UserId const& user) override;

    Result<> put_challenge(FactorChallenge const& challenge) override;
    Result<FactorChallenge> take_challenge(std::string_view id, std::string_view owner,
                                           std::string_view purpose) override;
    Result<long long> remove_expired(Time now) override;

private:
    Connection& connection_;
};

}  // namespace carrel
