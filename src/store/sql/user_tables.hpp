#pragma once

/// People and what they log in with: users, sessions, tokens.

#include "store/sql/connection.hpp"
#include "store/transaction.hpp"

namespace carrel {

class UsersTable final : public Users {
public:
    explicit UsersTable(Connection& connection) : connection_(connection) {}
    Result<> insert(User const& user) override;
    Result<> update(User const& user) override;
    Result<User> find(UserId const& id) override;
    Result<User> find_by_name(std::string_view name) override;
    Result<std::vector<User>> list(Page const& page) override;
    Result<long long> count() override;
    Result<std::map<UserId, User>> find_all(std::vector<UserId> const& ids) override;
    Result<std::vector<Listed>> in_course(CourseId const& course, CoursePage const& page) override;

    /// The statement behind `in_course`, for a test of how the engine goes about it.
    static std::string in_course_sql(CoursePage const& page);

private:
    Result<std::vector<Listed>> in_course_at_once(CourseId const& course, CoursePage const& page);

    Connection& connection_;
};

class SessionsTable final : public Sessions {
public:
    explicit SessionsTable(Connection& connection) : connection_(connection) {}
    Result<> insert(Session const& session) override;
    Result<Session> find_by_secret_hash(std::string_view hash) override;
    Result<> touch(SessionId const& id, Time used_at, Time expires_at) override;
    Result<> confirm(SessionId const& id, Time at) override;
    Result<> remove(SessionId const& id) override;
    Result<std::vector<Session>> of_user(UserId const& user) override;
    Result<long long> remove_expired(Time now) override;

private:
    Connection& connection_;
};

class TokensTable final : public Tokens {
public:
    explicit TokensTable(Connection& connection) : connection_(connection) {}
    Result<> insert(Token const& token) override;
    Result<Token> find_by_secret_hash(std::string_view hash) override;
    Result<Token> find(TokenId const& id) override;
    Result<> touch(TokenId const& id, Time used_at) override;
    Result<> remove(TokenId const& id) override;
    Result<std::vector<Token>> of_user(UserId const& user) override;

private:
    Connection& connection_;
};

}  // namespace carrel
