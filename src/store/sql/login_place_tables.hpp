#pragma once

/// What belongs to logging in beside users, sessions and tokens.

#include "store/sql/connection.hpp"
#include "store/transaction.hpp"

namespace carrel {

class LoginPlacesTable final : public LoginPlaces {
public:
    explicit LoginPlacesTable(Connection& connection) : connection_(connection) {}
    Result<> note(UserId const& user, std::string_view place, Time at) override;
    Result<bool> knows(UserId const& user, std::string_view place) override;
    Result<long long> remove_before(Time time) override;
    Result<> remove_of_user(UserId const& user) override;

private:
    Connection& connection_;
};

}  // namespace carrel
